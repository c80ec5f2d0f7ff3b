import { expect, test } from 'vitest';
import { columnsOf, columnsWidth, columnTemplate } from './columns.ts';

const plain = { columnWidths: {}, hiddenColumns: [], fieldColumns: [] };

test('a decoded field stands before the marks, by its path', () => {
  const ids = columnsOf({ ...plain, fieldColumns: ['beings.destination.x'] }, false).map((column) => column.id);
  expect(ids.slice(-2)).toEqual(['field:beings.destination.x', 'marks']);
});

test('what is hidden is gone, what was dragged is kept, the summary takes the rest', () => {
  const columns = columnsOf(
    { columnWidths: { message: 300 }, hiddenColumns: ['delta', 'answer'], fieldColumns: [] },
    false,
  );
  expect(columns.map((column) => column.id)).not.toContain('delta');
  expect(columnTemplate(columns)).toContain('300px minmax(140px, 1fr)');
});

test('the timeline scrolls sideways before the summary disappears', () => {
  expect(columnsWidth(columnsOf(plain, true))).toBeLessThan(columnsWidth(columnsOf(plain, false)));
  expect(columnsWidth(columnsOf({ ...plain, fieldColumns: ['a', 'b', 'c'] }, false))).toBeGreaterThan(
    columnsWidth(columnsOf(plain, false)) + 300,
  );
});
