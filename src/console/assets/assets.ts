import { TOKENS_CSS } from '../../frame/tokens.ts'
import { digest } from '../viewer.ts'
import script from './console.js?raw'
import controls from './controls.css?raw'
import frame from './frame.css?raw'
import lists from './lists.css?raw'
import narrow from './narrow.css?raw'

/** A file that pages load. Its name changes with its content, so browsers may keep it for ever. */
export interface Asset {
  readonly file: string
  readonly type: string
  readonly text: string
}

function asset(name: string, extension: 'css' | 'js', text: string): Asset {
  const type = extension === 'css' ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
  return { file: `${name}-${digest(text)}.${extension}`, type, text }
}

/** The style sheet, the script, and the host's theme if it has one. */
export function createAssets(theme: string | undefined): {
  readonly styles: readonly Asset[]
  readonly script: Asset
} {
  const styles = [asset('console', 'css', [TOKENS_CSS, frame, controls, lists, narrow].join('\n'))]
  return {
    styles: theme === undefined ? styles : [...styles, asset('theme', 'css', theme)],
    script: asset('console', 'js', script),
  }
}
