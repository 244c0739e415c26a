/** Something wrong in a text. `offset` counts UTF-16 code units from the start of the text. */
export type TextProblem = { readonly offset: number; readonly message: string };
