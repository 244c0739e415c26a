import { expect, test } from 'vitest';
import { annotation } from '../../../src/core/report/annotation.ts';

const place = { file: 'services/web.yaml', line: 7, column: 12 };

test.for([
  {
    what: 'a place',
    told: annotation('error', 'Invalid', { message: 'tcp_port: expected a port, found "0"', place }),
    line: '::error file=services/web.yaml,line=7,col=12,title=Invalid::tcp_port: expected a port, found "0"',
  },
  { what: 'none', told: annotation('warning', 'Doubtful', { message: 'a' }), line: '::warning title=Doubtful::a' },
  {
    what: 'what means something in a message',
    told: annotation('error', 'a', { message: '100%\r\n::error::b' }),
    line: '::error title=a::100%25%0D%0A::error::b',
  },
  {
    what: 'what means something in a property',
    told: annotation('error', 'a: b, c%', { message: 'd', place: { ...place, file: 'a,b:c\n.yaml' } }),
    line: '::error file=a%2Cb%3Ac%0A.yaml,line=7,col=12,title=a%3A b%2C c%25::d',
  },
  {
    what: 'what steers a terminal',
    told: annotation('error', 'a', { message: '\u001B[31m' }),
    line: '::error title=a::\\u{1b}[31m',
  },
])('an annotation is one line, whatever is in it: $what', ({ told, line }) => {
  expect(told).toBe(line);
});
