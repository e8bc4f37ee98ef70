// engine/prefix_store.h — computed beginnings of prompts, kept so that they need not be computed again; and what goes where room is short.
// Rules    what is kept under a salt (a tenant's number) is used, and pushes out, under that salt first: the salt that takes most gives
//          way. Within it goes what costs least to lose: the tokens that only it has, by its size and by how long nobody has used it
// Units    bytes; tokens; age in uses of the store
// Threads  value type; of the loop's thread, as the states that it keeps
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "gatehouse/engine/sequence_model.h"
#include "prefix_tree.h"

namespace gatehouse::engine {

struct KeptView {
  std::uint64_t salt = 0;
  std::uint64_t bytes = 0;
  std::uint32_t tokens = 0;
  std::uint32_t alone = 0;  // of them, those that no other has
  std::uint64_t age = 0;
};

// Which one goes first. Before: there is one.
std::size_t first_to_go(std::span<const KeptView> kept);

class PrefixStore {
 public:
  explicit PrefixStore(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  struct Found {
    KeptPrefix* state = nullptr;  // null: nothing. Until the store changes
    std::uint32_t tokens = 0;     // what both begin with
  };
  // The most of what tokens begin with. Finding is no use of it; see used().
  Found find(std::uint64_t salt, std::span<const Token> tokens) const;
  void used(const KeptPrefix& state);
  // Keeps the state of tokens, and lets go of others until all together take no more than most_bytes; nothing where it alone takes more.
  void keep(std::uint64_t salt, std::vector<Token> tokens, std::unique_ptr<KeptPrefix> state);

  std::uint64_t bytes() const { return bytes_; }
  std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    std::uint64_t salt;
    std::vector<Token> tokens;
    std::unique_ptr<KeptPrefix> state;
    std::uint64_t used;
  };
  void drop_one();
  void forget(std::map<PrefixTree::Id, Kept>::iterator one);

  const std::uint64_t most_bytes_;
  std::uint64_t bytes_ = 0, uses_ = 0;
  PrefixTree::Id next_ = 0;
  PrefixTree tree_;
  std::map<PrefixTree::Id, Kept> kept_;
};

}  // namespace gatehouse::engine
