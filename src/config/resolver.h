// config/resolver.h — the values as they stand while source after source is read.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/config/reading.h"

namespace gatehouse::config {

class Resolver {
 public:
  // All values are the defaults.
  Resolver(std::span<const KeySpec> keys, std::span<const Stranger> strangers);

  std::span<const KeySpec> keys() const { return keys_; }
  std::span<const Stranger> strangers() const { return strangers_; }
  std::optional<std::size_t> find(std::string_view name) const;

  // The value wins over what stood there; an error becomes a fault at its place.
  void take(std::size_t key, Result<Value> value, Place place);
  void fault(Place place, std::string_view key, std::string message);
  // Nobody reads more faults than there are: what is looked at from now on need not be looked at.
  bool full() const { return reading_.faults.size() >= most_faults; }
  void note(std::string text) { reading_.notes.push_back(std::move(text)); }

  // Lists that follow another key get their value.
  Reading finish() &&;

 private:
  const std::span<const KeySpec> keys_;
  const std::span<const Stranger> strangers_;
  Reading reading_;
};

}  // namespace gatehouse::config
