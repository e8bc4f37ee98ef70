// engine/prefix_tree.h — which token sequences are kept, found by what another one begins with: a radix tree for each salt.
// Rules    a salt is whatever must not be shared: what is kept under one is never found under another
// Units    tokens
// Threads  value type
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gatehouse/engine/sequence_model.h"

namespace gatehouse::engine {

// How many tokens both begin with.
std::uint32_t common_tokens(std::span<const Token> a, std::span<const Token> b);

class PrefixTree {
 public:
  using Id = std::uint64_t;
  struct Match {
    Id id;
    std::uint32_t tokens;
    friend bool operator==(const Match&, const Match&) = default;
  };

  // Before: tokens is not empty. Returns what was kept under the very same tokens; that is not found any more.
  std::optional<Id> insert(std::uint64_t salt, std::span<const Token> tokens, Id id);
  // Before: it is kept.
  void erase(std::uint64_t salt, std::span<const Token> tokens);
  // The one that has most of what tokens begin with; nothing where none has any.
  std::optional<Match> longest(std::uint64_t salt, std::span<const Token> tokens) const;
  // How many of the last tokens of one that is kept no other has.
  std::uint32_t alone(std::uint64_t salt, std::span<const Token> tokens) const;
  bool empty() const { return roots_.empty(); }

 private:
  struct Node {
    std::vector<Token> edge;  // from its parent
    std::map<Token, std::unique_ptr<Node>> next;
    std::optional<Id> id;
  };
  static void split(Node& node, std::uint32_t at);
  // False where the node is of no use any more.
  static bool erase_below(Node& node, std::span<const Token> tokens);
  std::map<std::uint64_t, Node> roots_;
};

}  // namespace gatehouse::engine
