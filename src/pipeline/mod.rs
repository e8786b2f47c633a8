//! Motion: the hot path from frames to blocks, and the tick. Knows no sockets.
