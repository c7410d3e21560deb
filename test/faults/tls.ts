/** TLS by a shared key, so that the tests need no certificate. */
const shared = Buffer.alloc(32, 7)
const version = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' } as const

export const serverTls = { ...version, pskCallback: () => shared, pskIdentityHint: 'test' }
export const clientTls = {
  ...version,
  pskCallback: () => ({ psk: shared, identity: 'test' }),
  checkServerIdentity: () => undefined,
}
