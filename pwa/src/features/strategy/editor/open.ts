/**
 * The editor of rules: CodeMirror in a shadow root, where its styles are adopted sheets; as style elements in the page the
 * house's policy would not let them in. Loaded by whoever writes rules, kept on no phone.
 */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { MergeView, unifiedMergeView } from '@codemirror/merge'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { fitting, meantAt, type Offer } from './names'

export interface Said {
  line: number
  /** In the reader's words. */
  text: string
  nearest: string | null
  /** On the button that puts the nearest name in its place. */
  act: string
}

export interface Words {
  label: string
  phrases: Record<string, string>
}

export interface Editor {
  text: () => string
  put: (text: string) => void
  problems: (said: readonly Said[]) => void
  goTo: (line: number) => void
  focus: () => void
  close: () => void
}

export interface Writing {
  text: string
  readOnly: boolean
  words: Words
  offers: () => readonly Offer[]
  /** Columns of sources stand in features alone. */
  columns: boolean
  changed?: (text: string) => void
  save?: () => void
}

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--card)', fontSize: '0.875rem' },
  '&.cm-focused': { outline: '2px solid var(--green-ink)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", var(--font), monospace', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--ink3)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--green-tint) 45%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--green-tint)', color: 'var(--green-ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--gold-tint)' },
  '.cm-tooltip': { backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--edge)', borderRadius: '10px', overflow: 'hidden' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--green-tint)', color: 'var(--green-ink)' },
  '.cm-tooltip-autocomplete ul li': { padding: '4px 8px', lineHeight: '1.4' },
  '.cm-completionDetail': { fontStyle: 'normal', color: 'var(--ink2)', marginLeft: '12px' },
  '.cm-completionInfo': { maxWidth: '22rem', padding: '8px 10px', fontFamily: 'var(--font)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--red)', padding: '6px 10px', fontFamily: 'var(--font)' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--green)', color: '#ffffff', borderRadius: '6px', padding: '4px 10px', marginLeft: '0', marginTop: '4px', display: 'block' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--red)', textUnderlineOffset: '3px' },
  '.cm-panels': { backgroundColor: 'var(--fill)', color: 'var(--ink)' },
  '.cm-searchMatch': { backgroundColor: 'var(--gold-tint)', outline: '1px solid var(--gold)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--green-tint)', outline: '1px solid var(--green-ink)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--green-tint)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--fill)', color: 'var(--ink2)', border: '0', padding: '0 4px' },
  '.cm-changedLine, &.cm-merge-b .cm-changedLine': { backgroundColor: 'var(--green-tint)' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--fill)' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': { background: 'none', textDecoration: 'line-through' },
  '&.cm-merge-b .cm-changedText, .cm-insertedLine .cm-changedText': { background: 'none', fontWeight: '600' },
  '.cm-collapsedLines': { background: 'var(--fill)', color: 'var(--ink2)', padding: '4px 8px' },
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter': { background: 'var(--line2)' },
  '&.cm-merge-b .cm-changedLineGutter': { background: 'var(--green-ink)' },
  '.cm-merge-revert button': { color: 'var(--green-ink)' },
})
const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--green-ink)', fontWeight: '600' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--gold-ink)' },
    { tag: [tags.lineComment, tags.comment], color: 'var(--ink3)' },
    { tag: [tags.string, tags.content], color: 'var(--ink)' },
    { tag: [tags.punctuation, tags.separator, tags.meta, tags.squareBracket, tags.brace], color: 'var(--ink2)' },
  ]),
)

/** A shadow root of `host`; one that was made before is emptied. */
function rootIn(host: HTMLElement): ShadowRoot {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.replaceChildren()
  return root
}

const plain = ({ label, phrases }: Words, wrap: boolean): Extension[] => [
  basicSetup,
  yaml(),
  colours,
  look,
  EditorState.phrases.of(phrases),
  EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off', autocorrect: 'off', translate: 'no', tabindex: '0' }),
  ...(wrap ? [EditorView.lineWrapping] : []),
]
/** To read: no caret, and nothing can be typed, but keys scroll it. */
const still: Extension[] = [EditorState.readOnly.of(true), EditorView.editable.of(false)]

const TYPES: Record<Offer['kind'], string> = { figure: 'constant', feature: 'variable', amount: 'variable', score: 'variable', choice: 'enum', code: 'text', function: 'function', column: 'property' }

function completing({ offers, columns }: Pick<Writing, 'offers' | 'columns'>): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const typed = context.matchBefore(/[\w\u4e00-\u9fff]+/)
    if (!typed && !context.explicit) return null
    const line = context.state.doc.lineAt(context.pos)
    // a comment, or a key: nothing to name there
    if (/^\s*#/.test(line.text) || (!context.explicit && !/[:>]|^\s{6,}/.test(line.text.slice(0, (typed?.from ?? context.pos) - line.from)))) return null
    const found = fitting(offers(), typed?.text ?? '', columns)
    if (!found.length) return null
    return {
      from: typed?.from ?? context.pos,
      filter: false,
      options: found.map((one) => ({
        label: one.text,
        type: TYPES[one.kind],
        detail: [one.called, one.unit].filter(Boolean).join(' · '),
        ...(one.sentence ? { info: one.sentence } : {}),
        ...(one.kind === 'function' && /^[a-zA-Z_]+\(/.test(one.called) ? { apply: `${one.text}(` } : {}),
      })),
    }
  }
}

export function openEditor(host: HTMLElement, writing: Writing): Editor {
  const root = rootIn(host)
  let putting = false
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: writing.text,
      extensions: [
        keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => (writing.save?.(), true) }, indentWithTab]),
        ...plain(writing.words, false),
        lintGutter(),
        autocompletion({ override: [completing(writing)], icons: false, maxRenderedOptions: 60 }),
        ...(writing.readOnly ? still : []),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !putting) writing.changed?.(view.state.doc.toString())
        }),
      ],
    }),
  })

  function diagnostic({ line, text, nearest, act }: Said): Diagnostic {
    const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines))
    const meant = nearest ? meantAt(at.text, nearest) : null
    const indent = at.text.length - at.text.trimStart().length
    const from = at.from + (meant?.from ?? indent)
    const to = meant ? at.from + meant.to : at.to
    const actions = meant && nearest && !writing.readOnly
      ? [{ name: act, apply: (editor: EditorView, start: number, end: number) => editor.dispatch({ changes: { from: start, to: end, insert: nearest } }) }]
      : []
    return { from, to: Math.max(from, to), severity: 'error', message: text, actions }
  }
  return {
    text: () => view.state.doc.toString(),
    put(text) {
      putting = true
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
      putting = false
    },
    problems: (said) => view.dispatch(setDiagnostics(view.state, said.map(diagnostic))),
    goTo(line) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines))
      view.dispatch({ selection: { anchor: at.from + (at.text.length - at.text.trimStart().length) }, effects: EditorView.scrollIntoView(at.from, { y: 'center' }) })
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  }
}

export interface Comparing {
  before: string
  after: string
  words: Words & { beforeLabel: string }
  /** Side by side, else one text with both. */
  wide: boolean
  /** The later text may be written at. */
  changed?: (text: string) => void
}

/** Two texts and what differs; gives what takes it away. */
export function openDiff(host: HTMLElement, { before, after, words, wide, changed }: Comparing): () => void {
  const root = rootIn(host)
  const reading = new Compartment()
  const told = EditorView.updateListener.of((update) => update.docChanged && changed?.(update.state.doc.toString()))
  const later = [...plain(words, !wide), told, reading.of(changed ? [] : still)]
  const collapseUnchanged = { margin: 3, minSize: 6 }
  if (!wide) {
    const view = new EditorView({ root, parent: root, doc: after, extensions: [...later, unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged })] })
    return () => view.destroy()
  }
  const view = new MergeView({
    root,
    parent: root,
    a: { doc: before, extensions: [...plain({ ...words, label: words.beforeLabel }, true), ...still] },
    b: { doc: after, extensions: [...later, EditorView.lineWrapping] },
    ...(changed ? { revertControls: 'a-to-b' as const } : {}),
    collapseUnchanged,
    gutter: true,
  })
  return () => view.destroy()
}
