//! A store that does everything the port allows and nobody wishes: splits, delays, reorders, times out, applies late.
