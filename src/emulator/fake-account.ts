/** Accepted by the emulator only; not a real account or secret. */
export const fakeAccountId = '0123456789abcdef0123456789abcdef';
export const fakeToken = 'emulator-token-not-a-secret';
