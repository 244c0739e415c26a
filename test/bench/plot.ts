import { formatNumber } from './figures.ts';
import type { Curve, Figure, Result } from './figures.ts';

/*
 * All figures of a run as one picture: bars on a logarithmic scale, from a millisecond to a minute, and curves.
 */

const WIDTH = 960;
const LABEL = 330;
const BAR = 16;
const CHART = 260;
const COLORS = ['#1f6feb', '#bf3989', '#1a7f37', '#9a6700', '#8250df', '#57606a'];

type Drawn = { readonly svg: string; readonly height: number };

export function plot(results: readonly Result[]): string {
  const parts = results.flatMap(({ title, figures, curves }) => [
    text(0, title, 'h'),
    ...(curves === undefined ? cellsOf(figures).map((cell) => bars(cell)) : [chart(curves)]),
  ]);
  let y = 12;
  const placed = parts.map(({ svg, height }) => {
    const at = y;
    y += height;
    return `<g transform="translate(12 ${at})">${svg}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 24} ${y + 12}" font-family="sans-serif" font-size="11">`,
    '<style>.h{font-size:16px;font-weight:bold}.c{font-weight:bold}</style>',
    `<rect width="100%" height="100%" fill="white"/>`,
    ...placed,
    '</svg>\n',
  ].join('\n');
}

function cellsOf(figures: readonly Figure[]): (readonly Figure[])[] {
  return [...Map.groupBy(figures, ({ cell, unit }) => `${cell} ${unit}`).values()];
}

function bars(figures: readonly Figure[]): Drawn {
  const [first] = figures;
  const least = Math.min(...figures.map(({ median }) => median)) / 2;
  const most = Math.max(...figures.map(({ median }) => median));
  const room = WIDTH - LABEL - 130;
  const rows = figures.map(({ contender, median, unit, ratio }, index) => {
    const y = BAR * (index + 1);
    const length = most === least ? room : (room * Math.log(median / least)) / Math.log(most / least);
    const color = contender.includes('floor') || ratio === null ? '#8c959f' : COLORS[0];
    const beside = ratio === null ? '' : `, ${ratio.toFixed(2)}×`;
    return [
      `<text x="${LABEL - 6}" y="${y + 11}" text-anchor="end">${escaped(contender)}</text>`,
      `<rect x="${LABEL}" y="${y + 2}" width="${length.toFixed(1)}" height="${BAR - 4}" fill="${color}"/>`,
      `<text x="${(LABEL + length + 4).toFixed(1)}" y="${y + 11}">${formatNumber(median)} ${unit}${beside}</text>`,
    ].join('');
  });
  return {
    svg: `<text class="c" y="11">${escaped(first?.cell ?? '')}</text>${rows.join('\n')}`,
    height: BAR * (figures.length + 1) + 8,
  };
}

/** Requests per second by concurrency. */
function chart(curves: readonly Curve[]): Drawn {
  const points = curves.flatMap((curve) => curve.points);
  const mostX = Math.max(...points.map(([each]) => each));
  const mostY = Math.max(...points.map(([, each]) => each));
  const x = (value: number) => ((WIDTH - 120) * value) / mostX + 40;
  const y = (value: number) => CHART - 30 - ((CHART - 50) * value) / mostY;
  const lines = curves.map(({ name, points: each }, index) => {
    const color = COLORS[index % COLORS.length];
    const line = each.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
    const [endX = 0, endY = 0] = each.at(-1) ?? [];
    const dots = each.map(
      ([a, b]) =>
        `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="${color}"/><text x="${x(a).toFixed(1)}" y="${(y(b) - 6).toFixed(1)}" text-anchor="middle">${formatNumber(b)}</text>`,
    );
    return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}<text x="${(x(endX) + 8).toFixed(1)}" y="${(y(endY) + 4).toFixed(1)}" fill="${color}">${escaped(name)}</text>`;
  });
  const ticks = [...new Set(points.map(([a]) => a))].map(
    (a) => `<text x="${x(a).toFixed(1)}" y="${CHART - 14}" text-anchor="middle">${a}</text>`,
  );
  const axis = `<line x1="40" x2="${WIDTH - 80}" y1="${CHART - 30}" y2="${CHART - 30}" stroke="#8c959f"/>`;
  const legend = `<text x="40" y="${CHART}">concurrency → requests per second</text>`;
  return { svg: [axis, ...ticks, ...lines, legend].join('\n'), height: CHART + 16 };
}

function text(x: number, content: string, style: string): Drawn {
  return { svg: `<text class="${style}" x="${x}" y="16">${escaped(content)}</text>`, height: 28 };
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
