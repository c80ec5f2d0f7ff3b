import { expect, test } from 'vitest';
import { columnsOf, columnsWidth, columnTemplate } from './columns.ts';

const plain = { columnWidths: {}, hiddenColumns: [], fieldColumns: [] };

test('a decoded field stands before the marks, by its path', () => {
  const ids = columnsOf({ ...plain, fieldColumns: ['beings.destination.x'] }, 1440).map((column) => column.id);
  expect(ids.slice(-2)).toEqual(['field:beings.destination.x', 'marks']);
});

test('what is hidden is gone, what was dragged is kept, the summary takes the rest', () => {
  const columns = columnsOf(
    { columnWidths: { message: 300 }, hiddenColumns: ['delta', 'answer'], fieldColumns: [] },
    1440,
  );
  expect(columns.map((column) => column.id)).not.toContain('delta');
  expect(columnTemplate(columns)).toContain('300px minmax(140px, 1fr)');
});

test('in a small place the summary keeps the most room', () => {
  for (const place of [1000, 1024]) expect(place - columnsWidth(columnsOf(plain, place))).toBeGreaterThan(60);
});

test('the timeline scrolls sideways before the summary disappears', () => {
  expect(columnsWidth(columnsOf(plain, 1300))).toBeLessThan(columnsWidth(columnsOf(plain, 1440)));
  expect(columnsWidth(columnsOf({ ...plain, fieldColumns: ['a', 'b', 'c'] }, 1440))).toBeGreaterThan(
    columnsWidth(columnsOf(plain, 1440)) + 300,
  );
});
