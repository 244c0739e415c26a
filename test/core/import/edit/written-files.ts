export const ID = '0199a0c4-2b10-7c3e-8a51-5f0d3a1e0003';
export const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

/** One service in many hands. Each declares the same. */
export const STYLES: Readonly<Record<string, string>> = {
  'comments everywhere': `# The orders.
service_id: ${ID} # from the dashboard
# Do not rename.
name: orders-db # see above
type: tcp   # not http
#tcp_port: 5431
tcp_port: 5432    # default

host: # where
  # by name
  hostname: orders.corp.internal # in Berlin
  resolver_network: # how
    tunnel_id: ${TUNNEL} # Berlin
    # in this order
    resolver_ips: # two
      - 10.0.0.1 # first
      # the backup
      - 10.0.0.2 # second
# end of host
tls_settings:
  # for now
  cert_verification_mode: verify_ca # later: verify_full
# end
`,
  'no comments': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host:
  hostname: orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips: [10.0.0.1, 10.0.0.2]
tls_settings:
  cert_verification_mode: verify_ca
`,
  'four columns and aligned values': `service_id:   ${ID}
name:         orders-db
type:         tcp
tcp_port:     5432
host:
    hostname:          orders.corp.internal
    resolver_network:
        tunnel_id:     ${TUNNEL}
        resolver_ips:
        - 10.0.0.1
        - 10.0.0.2
tls_settings:
    cert_verification_mode:   verify_ca
`,
  quotes: `"service_id": "${ID}"
'name': 'orders-db'
"type": 'tcp'
tcp_port: 5432
"host":
  "hostname": "orders.corp.internal"
  'resolver_network':
    "tunnel_id": '${TUNNEL}'
    "resolver_ips": ['10.0.0.1', "10.0.0.2"]
"tls_settings": { "cert_verification_mode": "verify_ca" }
`,
  'flow mappings': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host: { hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [10.0.0.1, 10.0.0.2] } } # one line
tls_settings: {cert_verification_mode: verify_ca}
`,
  'flow mappings on several lines': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host: {
  hostname: orders.corp.internal, # the name
  resolver_network: {
    tunnel_id: ${TUNNEL}, # Berlin
    resolver_ips: [
      10.0.0.1, # first
      10.0.0.2, # second
    ],
  },
}
tls_settings: { cert_verification_mode: verify_ca, }
`,
  'one flow mapping': `{ service_id: ${ID}, name: orders-db, type: tcp, tcp_port: 5432, host: { hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [ 10.0.0.1, 10.0.0.2 ] } }, tls_settings: { cert_verification_mode: verify_ca } }
`,
  JSON: `${JSON.stringify(
    {
      service_id: ID,
      name: 'orders-db',
      type: 'tcp',
      tcp_port: 5432,
      host: {
        hostname: 'orders.corp.internal',
        resolver_network: { tunnel_id: TUNNEL, resolver_ips: ['10.0.0.1', '10.0.0.2'] },
      },
      tls_settings: { cert_verification_mode: 'verify_ca' },
    },
    null,
    2,
  )}\n`,
  'JSON with tabs': `${JSON.stringify(
    {
      name: 'orders-db',
      type: 'tcp',
      tcp_port: 5432,
      tls_settings: { cert_verification_mode: 'verify_ca' },
      host: {
        hostname: 'orders.corp.internal',
        resolver_network: { tunnel_id: TUNNEL, resolver_ips: ['10.0.0.1', '10.0.0.2'] },
      },
      service_id: ID,
    },
    null,
    '\t',
  )}\n`,
  'JSON on one line': `{"service_id":"${ID}","name":"orders-db","type":"tcp","tcp_port":5432,"host":{"hostname":"orders.corp.internal","resolver_network":{"tunnel_id":"${TUNNEL}","resolver_ips":["10.0.0.1","10.0.0.2"]}},"tls_settings":{"cert_verification_mode":"verify_ca"}}`,
  'nulls and empty values': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
app_protocol:
http_port: ~
https_port: null # only http
host:
  ipv4:
  ipv6: null
  network: ~ # by name
  hostname: orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips:
    - 10.0.0.1
    - 10.0.0.2
tls_settings:
  cert_verification_mode: verify_ca
  certificate_authority:
`,
  'anchors that are not used': `service_id: &id ${ID}
name: &name orders-db
type: tcp
tcp_port: &port 5432
host: &host
  hostname: &hostname orders.corp.internal
  resolver_network: &network
    tunnel_id: &tunnel ${TUNNEL}
    resolver_ips: &ips
      - &first 10.0.0.1
      - 10.0.0.2
tls_settings: &tls
  cert_verification_mode: &mode verify_ca
`,
  'blocks of text': `service_id: >-
  ${ID}
name: |-
  orders-db
type: tcp
tcp_port: 5432
host:
  hostname: >-
    orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips:
      - "10.0.0.1"
      - >-
        10.0.0.2
tls_settings:
  cert_verification_mode: verify_ca
`,
  'markers, a directive and odd spaces': `%YAML 1.2
---   # begins here
service_id :   ${ID}
name:    orders-db
type:  tcp
tcp_port:
  5432
host:

  hostname:     orders.corp.internal

  resolver_network:

    tunnel_id: ${TUNNEL}
    resolver_ips:   [10.0.0.1,10.0.0.2]

tls_settings:

  cert_verification_mode: verify_ca

...
# after the end
`,
  'a response of the API': `service_id: ${ID}
created_at: "2026-01-01T00:00:00Z"
updated_at: "2026-01-01T00:00:00Z"
name: orders-db
type: tcp
tcp_port: 5432
app_protocol: null
host: { ipv4: null, ipv6: null, network: null, hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [ "10.0.0.1", "10.0.0.2" ] } }
tls_settings: { cert_verification_mode: verify_ca }
`,
};

const other = (id: string) =>
  `# another one\nservice_id: ${id}\nname: other-${id.slice(-2)} # stays\ntype: http\nhost: {ipv4: 10.0.0.9, network: {tunnel_id: ${TUNNEL}}}\n`;

/** Each style as it is, with Windows line breaks, without a line break at its end, and between two other documents. */
export const FILES = Object.entries(STYLES).flatMap(
  ([style, text]): { style: string; text: string; index: number }[] => {
    const bare = text.replace(/^%YAML.*\n---.*\n/, '').replace(/\.\.\.\n(?:#.*\n)?$/, '');
    const lineBreak = bare.endsWith('\n') ? '' : '\n';
    return [
      { style, text, index: 0 },
      { style: `${style}, with CRLF`, text: text.replaceAll('\n', '\r\n'), index: 0 },
      { style: `${style}, without a line break at the end`, text: text.replace(/\n$/, ''), index: 0 },
      {
        style: `${style}, between other documents`,
        text: `${other(`${ID.slice(0, -2)}41`)}---\n${bare}${lineBreak}---\n${other(`${ID.slice(0, -2)}42`)}`,
        index: 1,
      },
    ];
  },
);
