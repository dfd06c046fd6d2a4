// A certified OpenID provider for tests/integration: node oidc-provider.mjs PORT
// It tells when it listens, and keeps everything in memory.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'ES256' };

function client(id, more = {}) {
  return {
    client_id: id,
    client_secret: `secret of ${id}`.replaceAll(' ', '-'),
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'read write',
    id_token_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'ES256',
    ...more,
  };
}

const provider = new Provider(issuer, {
  clients: [
    client('caller'),
    client('bound', { dpop_bound_access_tokens: true }),
    client('certified', { tls_client_certificate_bound_access_tokens: true }),
    client('edge'),
  ],
  jwks: { keys: [key] },
  scopes: ['read', 'write'],
  enabledJWA: { introspectionSigningAlgValues: ['ES256'], dPoPSigningAlgValues: ['ES256'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    jwtIntrospection: { enabled: true },
    revocation: { enabled: true },
    dPoP: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      // A terminator in front would tell it in this field (RFC 9440).
      getCertificate(ctx) {
        const field = ctx.get('client-cert');
        return field ? new X509Certificate(Buffer.from(field.slice(1, -1), 'base64')) : undefined;
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'read write',
        audience: resource,
        accessTokenTTL: 300,
        accessTokenFormat: resource.includes('opaque') ? 'opaque' : 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.listen(port, '127.0.0.1', () => process.stdout.write(`listening at ${issuer}\n`));
