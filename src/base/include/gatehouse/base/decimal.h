// base/decimal.h — numbers with a fixed count of decimals, kept as whole numbers: what people write is what is counted.
// Units    a number at n places is so many of 10^-n: 12.5 at 9 places is 12500000000
// Threads  pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// Digits, and behind a point digits again: "12", "0.15". Nothing when it is not written so, has more decimals than places, or is above
// 10^18 units.
std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned places);
// The number that was read as a double, as whoever wrote it with up to 15 digits wrote it; the same rules.
std::optional<std::int64_t> parse_decimal(double number, unsigned places);
// What parse_decimal reads back, with no more decimals than it takes. Not of what is negative.
std::string decimal_text(std::int64_t units, unsigned places);

}  // namespace gatehouse
