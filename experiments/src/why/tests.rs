//! Why, on records made by hand.
