/** A rule that the program broke. */
export type Violation = { readonly at: number; readonly rule: string; readonly message: string };

export type Break = (rule: string, message: string) => void;
