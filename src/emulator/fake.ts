/** Neither is anybody's: they open nothing but the emulator. */
export const fakeAccountId = '0123456789abcdef0123456789abcdef';
export const fakeToken = 'emulator-token-not-a-secret';
