/** In and out: exports, imports, redaction. */
export interface FileVerbs {
  'files.export': {
    readonly args: ExportArgs;
    readonly result: {
      readonly download: string;
      readonly name: string;
      readonly bytes: number;
      readonly frames: number;
      readonly redacted: number;
    };
  };
  'files.import': {
    readonly args: { readonly path: string };
    readonly result: { readonly frames: number; readonly problems: readonly string[] };
  };
  /** Announces an upload: the client then sends the bytes by HTTP POST to `/upload/<ticket>`. */
  'files.upload': {
    readonly args: { readonly name: string; readonly bytes: number };
    readonly result: { readonly ticket: string };
  };
  'files.redactionPreview': {
    readonly args: { readonly filter?: string };
    readonly result: readonly {
      readonly placeholder: string;
      readonly count: number;
      readonly where: string;
      readonly sample: string;
    }[];
  };
  'files.recent': {
    readonly args: Record<string, never>;
    readonly result: readonly { readonly path: string; readonly time: number }[];
  };
}

export interface ExportArgs {
  readonly format: 'pcapng' | 'jsonl' | 'csv' | 'har' | 'html' | 'markdown' | 'ipsession' | 'bundle' | 'test';
  readonly filter?: string;
  readonly frames?: readonly number[];
  readonly columns?: readonly string[];
  readonly redact?: boolean;
}
