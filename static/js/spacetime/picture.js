/**
 * The shapes of what is drawn: colours, marks, and the picture as a whole.
 *
 * @import {Span, Frame} from "./layout.js"
 * @import {Life} from "./lifelines.js"
 * @import {Scene} from "./scene.js"
 * @import {Trace} from "./trace.js"
 *
 * @typedef {object} Palette
 * @property {string} text
 * @property {string} muted
 * @property {string} line
 * @property {string} lane
 * @property {string} surface
 * @property {string} fault
 * @property {string} hot
 * @property {string} bad
 * @property {string} past
 * @property {string} future
 * @property {string} cursor
 * @property {string} applied
 * @property {string[]} tones
 * @property {string} font
 * @property {number} font_px
 *
 * @typedef {{event: number, mark: "concurrent"|"merge"|"gone"}} Mark
 *
 * @typedef {object} Picture
 * @property {Trace} trace
 * @property {Scene} scene
 * @property {Scene|null} lit what is highlighted; all else is dimmed
 * @property {boolean} isCone whether `lit` has the tones past and future
 * @property {Span} span
 * @property {Frame} frame
 * @property {Life[][]} lives
 * @property {Mark[]} marks
 * @property {number} selected -1: none
 * @property {number} hovered -1: none
 * @property {number|null} cursor_us
 * @property {number} now_us
 * @property {Palette} palette
 */

export {};
