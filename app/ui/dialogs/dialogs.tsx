import type { ReactNode } from 'react';
import type { DialogName } from '../commands/overlays.ts';
import { DecodeAsDialog } from '../proxies/decode-as-dialog.tsx';
import { ProxyDialog } from '../proxies/proxy-dialog.tsx';
import { AboutDialog } from './about-dialog.tsx';
import { CaptureDialog } from './capture-dialog.tsx';
import { DoctorDialog } from './doctor-dialog.tsx';
import { ExportDialog } from './export-dialog.tsx';
import {
  AddColumnDialog,
  CommentDialog,
  GoToDialog,
  HideDialog,
  SaveAsDialog,
  SaveFilterDialog,
  ScriptDialog,
} from './small-dialogs.tsx';

const DIALOG: Readonly<Record<DialogName, (props: { readonly data: unknown }) => ReactNode>> = {
  about: AboutDialog,
  export: ExportDialog,
  goto: GoToDialog,
  proxy: ProxyDialog,
  'decode-as': DecodeAsDialog,
  'save-filter': SaveFilterDialog,
  comment: CommentDialog,
  'add-column': AddColumnDialog,
  doctor: DoctorDialog,
  capture: CaptureDialog,
  'save-as': SaveAsDialog,
  hide: HideDialog,
  script: ScriptDialog,
};

export function Dialogs({ name, data }: { readonly name: DialogName; readonly data: unknown }) {
  const Shown = DIALOG[name];
  return <Shown data={data} />;
}
