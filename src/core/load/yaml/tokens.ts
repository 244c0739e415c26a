import { CST, Lexer } from 'yaml';

/** A piece of a text. `offset` counts UTF-16 code units; `type` is null for a piece that is not a YAML token. */
export type Token = { readonly source: string; readonly offset: number; readonly type: CST.TokenType | null };

/** Splits a text into tokens, without building anything from them. */
export function* tokensIn(text: string): Generator<Token> {
  let offset = 0;
  let isScalar = false;
  for (const source of new Lexer().lex(text)) {
    // The lexer adds marks that are not part of the text. The token after a scalar mark is text, even if it looks like a mark.
    if (!isScalar && (source === CST.DOCUMENT || source === CST.FLOW_END || source === CST.SCALAR)) {
      isScalar = source === CST.SCALAR;
      continue;
    }
    yield { source, offset, type: isScalar ? 'scalar' : CST.tokenType(source) };
    isScalar = false;
    offset += source.length;
  }
}
