// The app's rules hold here too. Run from here with the app's eslint.
import base from '../../pwa/eslint.config.js'

export default [{ ignores: ['node_modules/'] }, ...base]
