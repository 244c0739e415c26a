import type { JsonObject } from '../../../src/core/base/json.ts';

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

/** Returns the service_id of a numbered service. */
export function idOf(number: number): string {
  return `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
}

/** Returns a declaration in YAML. A test identifies it by its number and changes its port. */
export function declaration(number: number, port: number): string {
  return [
    `service_id: ${idOf(number)}`,
    `name: web-${number}`,
    'type: http',
    `http_port: ${port}`,
    `host: {ipv4: 10.0.0.1, network: {tunnel_id: ${TUNNEL}}}`,
    '',
  ].join('\n');
}

/** Returns the same service as the API stores it. */
export function liveService(number: number, port: number): JsonObject {
  return {
    service_id: idOf(number),
    name: `web-${number}`,
    type: 'http',
    http_port: port,
    host: { ipv4: '10.0.0.1', network: { tunnel_id: TUNNEL } },
  };
}
