// gateway/body_limits.h — the largest body that a route takes, now.
// Threads  any
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "gatehouse/gateway/gateway.h"
#include "gatehouse/gateway/route.h"

namespace gatehouse::gateway {

class CurrentBodyLimits {
 public:
  explicit CurrentBodyLimits(BodyLimits limits) { set(limits); }
  void set(BodyLimits limits) {
    api_.store(limits.api.value(), std::memory_order_relaxed);
    v1_.store(limits.v1.value(), std::memory_order_relaxed);
  }
  ByteCount of(const Route& route) const {
    if (route.body == BodySize::none) return ByteCount(0);
    const std::uint64_t most = (route.body == BodySize::v1 ? v1_ : api_).load(std::memory_order_relaxed);
    return ByteCount(route.open() ? std::min(most, anonymous) : most);
  }

 private:
  // Who has shown no credential has nothing long to say.
  static constexpr std::uint64_t anonymous = std::uint64_t{64} * 1024;
  std::atomic<std::uint64_t> api_{0}, v1_{0};
};

}  // namespace gatehouse::gateway
