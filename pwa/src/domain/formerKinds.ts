/** What older apps called kinds of rows, as it lies on phones that have not fetched them anew. */
const FORMER_KINDS: Readonly<Record<string, string>> = { asset: 'record' }
export const presentKind = (kind: string): string => FORMER_KINDS[kind] ?? kind
