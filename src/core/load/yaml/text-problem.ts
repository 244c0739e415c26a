/** Something wrong in a text. `offset` counts UTF-16 code units from the start of the text. */
export type TextProblem = { readonly offset: number; readonly message: string };

/** Something wrong in a YAML text. `path` is the field, or null where the problem is not about one field. */
export type YamlProblem = TextProblem & { readonly path: string | null };
