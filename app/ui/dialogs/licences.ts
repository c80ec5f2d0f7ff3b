/** Everything that ships inside the page and the app, with its licence as its package says it. */
export const LICENCES: readonly (readonly [packages: readonly string[], licence: string])[] = [
  [['react', 'react-dom', 'uplot'], 'MIT'],
  [
    [
      '@codemirror/commands',
      '@codemirror/lang-json',
      '@codemirror/language',
      '@codemirror/lint',
      '@codemirror/state',
      '@codemirror/view',
      '@lezer/highlight',
    ],
    'MIT',
  ],
  [['electron', 'ws', 'fflate', 'jsonc-parser', '@peculiar/x509'], 'MIT'],
  [['@fontsource-variable/inter', '@fontsource/jetbrains-mono'], 'OFL-1.1'],
  [['yaml', '@msgpack/msgpack'], 'ISC'],
  [['protobufjs'], 'BSD-3-Clause'],
  [['reflect-metadata'], 'Apache-2.0'],
  [['pako'], '(MIT AND Zlib)'],
];
