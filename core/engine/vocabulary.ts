/** The words of the filter language that the loaded protocols bring. */
import type { Protocol } from '../protocol/protocol.ts';
import { fieldsOf } from '../schema/describe.ts';
import { createVocabulary, type Vocabulary, type VocabularyField } from '../traffic/filter/filter.ts';

/** Filters read through lists without an index, so `beings[].x` is offered as `beings.x`. */
const plainPath = (path: string): string => path.replaceAll(/\[(?:\*|)\]/g, '');

export function vocabularyOf(protocols: readonly Protocol[]): Vocabulary {
  return createVocabulary(
    protocols.map((p) => p.id),
    protocols.flatMap((protocol) =>
      protocol.messages.map((message) => ({
        protocol: protocol.id,
        name: message.name,
        ...(message.meta?.doc === undefined ? {} : { doc: message.meta.doc }),
        fields: fieldsOf(message.node)
          .filter((field) => field.path !== '')
          .map((field): VocabularyField => {
            const { meta, values } = field;
            const isNamed = values !== undefined && Object.entries(values).some(([value, name]) => value !== name);
            return {
              path: plainPath(field.path),
              type: field.layout,
              ...(meta.unit === undefined ? {} : { unit: meta.unit }),
              ...(meta.doc === undefined ? {} : { doc: meta.doc }),
              ...(isNamed ? { names: values } : {}),
              ...(values !== undefined && !isNamed ? { values: Object.keys(values) } : {}),
            };
          }),
      })),
    ),
  );
}
