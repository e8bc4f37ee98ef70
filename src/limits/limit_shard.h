// limits/limit_shard.h — a part of the table: states of limits, found by their keys, and in the order in which they may give way.
// Threads  whoever has locked it
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "gatehouse/limits/limit_table.h"
#include "short_lock.h"

namespace gatehouse::limits {

// What a state costs beside its node: the allocator's share, its place in the table, room for its first calls.
inline constexpr std::size_t overhead_bytes = 128;
inline constexpr std::size_t first_buckets = 16;
inline constexpr std::uint32_t own_limit = std::numeric_limits<std::uint32_t>::max();

// Where those of a limit who have no state are counted together.
inline LimitKey shared_key(const LimitKey& key) { return LimitKey{own_limit, Subject{0, key.limit}}; }

inline bool is_rate(const Limit& rule) { return std::holds_alternative<SlidingWindow>(rule) || std::holds_alternative<Gcra>(rule); }

struct LimitTable::Node {
  LimitKey key;
  std::size_t place = 0;
  Node* next = nullptr;  // in its bucket
  Limit rule;
  LimitState state;
  std::size_t bytes = 0, turn = 0;  // turn: in its shard's order
  std::uint32_t kept = 0;           // by reservations that come back to it
  bool pinned = false;              // the call at hand needs it
};

struct alignas(64) LimitTable::Shard {
  ShortLock lock;
  std::vector<Node*> buckets = std::vector<Node*>(first_buckets);  // a power of two
  std::vector<std::unique_ptr<Node>> order;                        // all of them, as eviction goes round
  std::size_t hand = 0, bytes = 0, most_bytes = 0;
  Instant latest = Instant::min();

  Node*& bucket_of(std::size_t place) { return buckets[(place >> 1U) & (buckets.size() - 1)]; }
  // Null: there is none.
  Node* find(const LimitKey& key, std::size_t place) {
    Node* one = bucket_of(place);
    while (one != nullptr && (one->place != place || one->key != key)) one = one->next;
    return one;
  }
  Node& add(const LimitKey& key, std::size_t place, const Limit& rule) {
    if (order.size() == buckets.size()) widen();
    Node& made = *order.emplace_back(std::make_unique<Node>());
    made.key = key;
    made.place = place;
    made.rule = rule;
    made.turn = order.size() - 1;
    put(made);
    weigh(made);
    return made;
  }
  // What its state has taken by now.
  void weigh(Node& node) {
    const std::size_t now = sizeof(Node) + overhead_bytes + bytes_of(node.state);
    if (now == node.bytes) return;
    bytes += now - node.bytes;
    node.bytes = now;
  }
  void forget(std::size_t turn) {
    const std::unique_ptr<Node> one = std::exchange(order[turn], nullptr);
    if (turn + 1 < order.size()) {
      order[turn] = std::move(order.back());
      order[turn]->turn = turn;
    }
    order.pop_back();
    bytes -= one->bytes;
    Node** at = &bucket_of(one->place);
    while (*at != one.get()) at = &(*at)->next;
    *at = one->next;
  }

 private:
  void put(Node& node) { node.next = std::exchange(bucket_of(node.place), &node); }
  void widen() {
    buckets.assign(buckets.size() * 2, nullptr);
    for (const std::unique_ptr<Node>& node : order) put(*node);
  }
};

}  // namespace gatehouse::limits
