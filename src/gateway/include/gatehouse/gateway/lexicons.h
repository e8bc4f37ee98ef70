// gateway/lexicons.h — names that tenants' texts hold, read once and shared by all requests.
// Rules    a request keeps the lexicon that it began with
// Threads  any
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace gatehouse::nlu {
class Lexicon;
}

namespace gatehouse::gateway {

class Lexicons {
 public:
  // Of a tenant, by its number; null: it has none.
  std::shared_ptr<const nlu::Lexicon> of(std::uint32_t tenant) const {
    const std::lock_guard held(mutex_);
    const auto found = by_tenant_.find(tenant);
    return found == by_tenant_.end() ? nullptr : found->second;
  }
  // Null: it has none from now on.
  void set(std::uint32_t tenant, std::shared_ptr<const nlu::Lexicon> lexicon) {
    const std::lock_guard held(mutex_);
    if (lexicon) {
      by_tenant_[tenant] = std::move(lexicon);
    } else {
      by_tenant_.erase(tenant);
    }
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::shared_ptr<const nlu::Lexicon>> by_tenant_;
};

}  // namespace gatehouse::gateway
