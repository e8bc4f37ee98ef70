// identity/shared_map.h — a hash map whose copies share all that they have in common: a change of one entry copies a small part of it.
// Threads  a copy may be read from any thread while another is changed on one
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace gatehouse::identity {

template <class Key, class Value>
class SharedMap {
 public:
  const Value* find(const Key& key) const {
    const Shard* const shard = shards_[index(key)].get();
    if (shard == nullptr) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : &found->second;
  }
  void put(const Key& key, Value value) { change(key).insert_or_assign(key, std::move(value)); }
  void erase(const Key& key) {
    if (find(key) != nullptr) change(key).erase(key);
  }
  template <class Predicate>
  void erase_if(Predicate doomed) {
    for (std::shared_ptr<Shard>& shard : shards_) {
      if (!shard) continue;
      auto left = std::make_shared<Shard>(*shard);
      if (std::erase_if(*left, [&](const auto& entry) { return doomed(entry.second); }) > 0) shard = std::move(left);
    }
  }
  std::size_t size() const {
    std::size_t n = 0;
    for (const auto& shard : shards_) n += shard ? shard->size() : 0;
    return n;
  }

 private:
  using Shard = std::unordered_map<Key, Value>;
  static std::size_t index(const Key& key) { return (std::hash<Key>{}(key) * 0x9E37'79B9'7F4A'7C15U) >> (64 - shard_bits); }
  // The entry's part, ours alone.
  Shard& change(const Key& key) {
    std::shared_ptr<Shard>& shard = shards_[index(key)];
    if (!shard) {
      shard = std::make_shared<Shard>();
    } else if (shard.use_count() > 1) {  // the other copy keeps what it had
      shard = std::make_shared<Shard>(*shard);
    }
    return *shard;
  }

  static constexpr unsigned shard_bits = 8;
  std::array<std::shared_ptr<Shard>, std::size_t{1} << shard_bits> shards_;
};

}  // namespace gatehouse::identity
