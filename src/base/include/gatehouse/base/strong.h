// base/strong.h — a value with a name: explicit in, value() out.
// Threads  value type
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace gatehouse {

template <class Tag, class Rep>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(std::move(value)) {}
  constexpr const Rep& value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr bool operator==(const Strong&, const Strong&) = default;

 private:
  Rep value_{};
};

using TenantId = Strong<struct TenantIdTag, std::string>;
using KeyId = Strong<struct KeyIdTag, std::string>;
using ModelName = Strong<struct ModelNameTag, std::string>;
using RequestId = Strong<struct RequestIdTag, std::string>;
using JobId = Strong<struct JobIdTag, std::uint64_t>;
using Tokens = Strong<struct TokensTag, std::uint32_t>;
using ByteCount = Strong<struct ByteCountTag, std::uint64_t>;

constexpr ByteCount kib(std::uint64_t n) { return ByteCount(n * 1024); }
constexpr ByteCount mib(std::uint64_t n) { return ByteCount(n * 1024 * 1024); }

}  // namespace gatehouse

template <class Tag, class Rep>
struct std::hash<gatehouse::Strong<Tag, Rep>> {
  std::size_t operator()(const gatehouse::Strong<Tag, Rep>& v) const { return std::hash<Rep>{}(v.value()); }
};
