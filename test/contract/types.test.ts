import type {
  ServiceListResponse,
  ServiceUpdateParams,
} from 'cloudflare/resources/connectivity/directory/services.mjs';
import { expectTypeOf, test } from 'vitest';
import type { DeclaredService } from '../../src/core/service/declared-service.ts';

/*
 * Our schema against the official SDK's types, when the tests are compiled: a field that the SDK gains, loses or types otherwise
 * stops the type check here.
 */

type Http = Extract<DeclaredService, { type: 'http' }>;
type Tcp = Extract<DeclaredService, { type: 'tcp' }>;
type SdkHttp = ServiceUpdateParams.InfraHTTPServiceConfig;
type SdkTcp = ServiceUpdateParams.InfraTCPServiceConfig;

/** Keys that may hold something: ours names the other type's fields, too, to say that they do not belong. */
type Settable<T> = { [K in keyof T]-?: NonNullable<T[K]> extends never ? never : K }[keyof T];
type ReadOnly = 'service_id' | 'created_at' | 'updated_at';
type KeysOfUnion<T> = T extends unknown ? keyof T : never;

/** In wrangler's requests since November 2026, and not yet in the SDK's types. */
type NewerThanTheSdk = 'certificate_authority' | 'client_certificate';

test('knows exactly the fields that the SDK knows, for http and for tcp', () => {
  expectTypeOf<Exclude<Settable<Http>, ReadOnly>>().toEqualTypeOf<Exclude<keyof SdkHttp, 'account_id'>>();
  expectTypeOf<Exclude<Settable<Tcp>, ReadOnly>>().toEqualTypeOf<Exclude<keyof SdkTcp, 'account_id'>>();
});

test('types the fields as the SDK does', () => {
  expectTypeOf<Http['http_port']>().toEqualTypeOf<SdkHttp['http_port']>();
  expectTypeOf<Http['https_port']>().toEqualTypeOf<SdkHttp['https_port']>();
  expectTypeOf<Tcp['app_protocol']>().toEqualTypeOf<SdkTcp['app_protocol']>();
  // The SDK calls the port optional; the documentation and wrangler require it, and so do we.
  expectTypeOf<Tcp['tcp_port']>().toEqualTypeOf<NonNullable<SdkTcp['tcp_port']>>();
  expectTypeOf<DeclaredService['type']>().toEqualTypeOf<SdkHttp['type']>();
  expectTypeOf<DeclaredService['name']>().toEqualTypeOf<SdkHttp['name']>();
});

test('knows the host shapes and the TLS settings of the SDK', () => {
  expectTypeOf<keyof DeclaredService['host']>().toEqualTypeOf<KeysOfUnion<SdkHttp['host']>>();
  expectTypeOf<SdkHttp['host']>().toExtend<DeclaredService['host']>();
  type Tls = NonNullable<DeclaredService['tls_settings']>;
  expectTypeOf<Exclude<keyof Tls, NewerThanTheSdk>>().toEqualTypeOf<keyof NonNullable<SdkHttp['tls_settings']>>();
  expectTypeOf<Tls['cert_verification_mode']>().toExtend<
    NonNullable<SdkHttp['tls_settings']>['cert_verification_mode']
  >();
});

test('an answer has no key that a declaration does not know', () => {
  expectTypeOf<Exclude<KeysOfUnion<ServiceListResponse>, KeysOfUnion<DeclaredService>>>().toEqualTypeOf<never>();
});
