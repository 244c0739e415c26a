/** Accepted by the emulator only; not a real account or secret. */
export const FAKE_ACCOUNT_ID = '0123456789abcdef0123456789abcdef';
export const FAKE_TOKEN = 'emulator-token-not-a-secret';
