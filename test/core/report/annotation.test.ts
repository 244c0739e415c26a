import { expect, test } from 'vitest';
import { renderAnnotation } from '../../../src/core/report/annotation.ts';
import type { Annotation } from '../../../src/core/report/annotation.ts';

const place = { file: 'services/web.yaml', line: 7, column: 12 };

test.for<{ what: string; annotation: Annotation; line: string }>([
  {
    what: 'with a place',
    annotation: { level: 'error', title: 'Invalid', message: 'tcp_port: expected a port, found "0"', place },
    line: '::error file=services/web.yaml,line=7,col=12,title=Invalid::tcp_port: expected a port, found "0"',
  },
  {
    what: 'without a place',
    annotation: { level: 'warning', title: 'Doubtful', message: 'a' },
    line: '::warning title=Doubtful::a',
  },
  {
    what: 'with special characters in the message',
    annotation: { level: 'error', title: 'a', message: '100%\r\n::error::b' },
    line: '::error title=a::100%25%0D%0A::error::b',
  },
  {
    what: 'with special characters in the properties',
    annotation: { level: 'error', title: 'a: b, c%', message: 'd', place: { ...place, file: 'a,b:c\n.yaml' } },
    line: '::error file=a%2Cb%3Ac%0A.yaml,line=7,col=12,title=a%3A b%2C c%25::d',
  },
  {
    what: 'with control characters',
    annotation: { level: 'error', title: 'a', message: '\u001B[31m' },
    line: '::error title=a::\\u{1b}[31m',
  },
])('renders an annotation $what as one line', ({ annotation, line }) => {
  expect(renderAnnotation(annotation)).toBe(line);
});
