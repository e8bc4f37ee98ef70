#include "resolver.h"

#include <algorithm>
#include <utility>

namespace gatehouse::config {

Resolver::Resolver(std::span<const KeySpec> keys, std::span<const Stranger> strangers) : keys_(keys), strangers_(strangers) {
  for (const KeySpec& key : keys) reading_.values.push_back(key.fallback);
  reading_.places.resize(keys.size());
}

std::optional<std::size_t> Resolver::find(std::string_view name) const {
  const auto found = std::ranges::find(keys_, name, &KeySpec::name);
  return found == keys_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - keys_.begin()));
}

void Resolver::take(std::size_t key, Result<Value> value, Place place) {
  if (!value) return fault(std::move(place), keys_[key].name, value.error().public_text());
  reading_.values[key] = std::move(*value);
  reading_.places[key] = std::move(place);
}

void Resolver::fault(Place place, std::string_view key, std::string message) {
  if (full()) return;
  if (reading_.faults.size() + 1 == most_faults) message = "and more: mend these first";
  reading_.faults.emplace_back(std::move(place), std::string(key), std::move(message));
}

Reading Resolver::finish() && {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::optional<std::size_t> followed = keys_[i].follows.empty() ? std::nullopt : find(keys_[i].follows);
    if (followed && reading_.places[i].source == Source::fallback) {
      reading_.values[i] = Texts{std::get<std::string>(reading_.values[*followed])};
    }
  }
  return std::move(reading_);
}

}  // namespace gatehouse::config
