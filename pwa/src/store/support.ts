/** Whether this browser can keep data safely. Where it can't, offline mode is refused; nothing is ever kept in plain. */

/** Names of what is missing; empty if all is there. */
export function missingFeatures(scope: typeof globalThis = globalThis): string[] {
  const missing: string[] = []
  if (!scope.crypto?.subtle) missing.push('crypto')
  if (!scope.indexedDB) missing.push('indexeddb')
  if (typeof scope.DecompressionStream === 'undefined') missing.push('decompression')
  if (typeof scope.WebAssembly === 'undefined') missing.push('webassembly')
  return missing
}
