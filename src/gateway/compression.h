// gateway/compression.h — which answers leave compressed, and the coding itself.
// Rules    from 1,000 bytes, text alone, never an event stream. Whether a route's answers may be compressed at all is may_compress():
//          only those that show nothing secret, since the length of an answer that holds a secret beside a text of the asker's choice tells
//          the secret to whoever sees the lengths (BREACH). Tokens, keys and passwords are handed out by POST routes without a model
// Units    bytes
// Threads  pure functions
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/gateway/route.h"

namespace gatehouse::gateway {

inline constexpr std::size_t worth_compressing = 1000;
// Above, the others on the reactor would wait for it too long.
inline constexpr std::size_t most_compressed = 256UL * 1024;

bool may_compress(const Route& route);
bool is_text(std::string_view media_type);
// Empty when it cannot be had.
std::string gzipped(std::string_view plain);
std::string gunzipped(std::string_view coded, std::size_t plain_size);

}  // namespace gatehouse::gateway
