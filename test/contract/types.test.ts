import type {
  ServiceListResponse,
  ServiceUpdateParams,
} from 'cloudflare/resources/connectivity/directory/services.mjs';
import { expectTypeOf, test } from 'vitest';
import type { DeclaredService } from '../../src/core/service/declared-service.ts';

/*
 * Compares our table of fields with the types of the official SDK when the tests are compiled: the type check fails here if the SDK
 * adds, removes or retypes a field.
 */

type Http = Extract<DeclaredService, { type: 'http' }>;
type Tcp = Extract<DeclaredService, { type: 'tcp' }>;
type SdkHttp = ServiceUpdateParams.InfraHTTPServiceConfig;
type SdkTcp = ServiceUpdateParams.InfraTCPServiceConfig;

/** The keys that can have a value other than null. */
type Settable<T> = { [K in keyof T]-?: NonNullable<T[K]> extends never ? never : K }[keyof T];
type ReadOnly = 'service_id' | 'created_at' | 'updated_at';
/** Instructions that are never sent. */
type Local = 'reconcile';
type KeysOfUnion<T> = T extends unknown ? keyof T : never;

/** In the requests of wrangler since November 2026, but not yet in the types of the SDK. */
type NewerThanTheSdk = 'certificate_authority' | 'client_certificate';

test('has exactly the fields of the SDK, for http and for tcp', () => {
  expectTypeOf<Exclude<Settable<Http>, ReadOnly | Local>>().toEqualTypeOf<Exclude<keyof SdkHttp, 'account_id'>>();
  expectTypeOf<Exclude<Settable<Tcp>, ReadOnly | Local>>().toEqualTypeOf<Exclude<keyof SdkTcp, 'account_id'>>();
});

test('has fields of the same types as the SDK', () => {
  expectTypeOf<Http['http_port']>().toEqualTypeOf<SdkHttp['http_port']>();
  expectTypeOf<Http['https_port']>().toEqualTypeOf<SdkHttp['https_port']>();
  expectTypeOf<Tcp['app_protocol']>().toEqualTypeOf<SdkTcp['app_protocol']>();
  // Optional in the SDK; the documentation and wrangler require it, and so does our table.
  expectTypeOf<Tcp['tcp_port']>().toEqualTypeOf<NonNullable<SdkTcp['tcp_port']>>();
  expectTypeOf<DeclaredService['type']>().toEqualTypeOf<SdkHttp['type']>();
  expectTypeOf<DeclaredService['name']>().toEqualTypeOf<SdkHttp['name']>();
});

test('has the host shapes and the TLS settings of the SDK', () => {
  expectTypeOf<keyof DeclaredService['host']>().toEqualTypeOf<KeysOfUnion<SdkHttp['host']>>();
  expectTypeOf<SdkHttp['host']>().toExtend<DeclaredService['host']>();
  type Tls = NonNullable<DeclaredService['tls_settings']>;
  expectTypeOf<Exclude<keyof Tls, NewerThanTheSdk>>().toEqualTypeOf<keyof NonNullable<SdkHttp['tls_settings']>>();
  expectTypeOf<Tls['cert_verification_mode']>().toExtend<
    NonNullable<SdkHttp['tls_settings']>['cert_verification_mode']
  >();
});

test('accepts every key of a response in a declaration', () => {
  expectTypeOf<Exclude<KeysOfUnion<ServiceListResponse>, KeysOfUnion<DeclaredService>>>().toEqualTypeOf<never>();
});
