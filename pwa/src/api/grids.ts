/** Grids that a household may be moved to and that a phone does not hold: asked for online. */
import type { GridGoal } from '../domain/moves'
import { json, type HttpOptions } from './http'

export const gridGoals = (http: HttpOptions): Promise<{ grids: GridGoal[] }> => json(http, 'GET', '/api/v1/grids')
