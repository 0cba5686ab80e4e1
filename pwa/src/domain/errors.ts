/** What the engine itself refuses, by stable code; the screens hold the texts. */
export type EngineErrorCode =
  | 'unsupported_browser'
  | 'storage_failed'
  | 'locked'
  | 'signed_out'
  | 'offline'
  | 'not_enrolled'
  | 'read_locked'
  | 'pin_too_short'
  | 'no_escrow'
  | 'prf_unsupported'
  | 'prf_cancelled'
  | 'prf_changed'
  | 'prf_required'
  | 'not_found'
  | 'damaged'
  | 'file_needs_network'
  | 'bad_answer'

export class EngineError extends Error {
  override readonly name = 'EngineError'

  constructor(
    readonly code: EngineErrorCode,
    message: string = code,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
