#include "prefix_tree.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::engine {

std::uint32_t common_tokens(std::span<const Token> a, std::span<const Token> b) {
  return static_cast<std::uint32_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// Cuts the node's edge: it keeps the first tokens, and a child of it has all else.
void PrefixTree::split(Node& node, std::uint32_t at) {
  auto rest = std::make_unique<Node>();
  rest->edge.assign(node.edge.begin() + at, node.edge.end());
  rest->next = std::exchange(node.next, {});
  rest->id = std::exchange(node.id, std::nullopt);
  node.edge.resize(at);
  node.next.emplace(rest->edge.front(), std::move(rest));
}

std::optional<PrefixTree::Id> PrefixTree::insert(std::uint64_t salt, std::span<const Token> tokens, Id id) {
  GH_ASSERT(!tokens.empty());
  Node* node = &roots_[salt];
  while (!tokens.empty()) {
    std::unique_ptr<Node>& next = node->next[tokens.front()];
    if (!next) {
      next = std::make_unique<Node>();
      next->edge.assign(tokens.begin(), tokens.end());
    }
    node = next.get();
    const std::uint32_t common = common_tokens(node->edge, tokens);
    if (common < node->edge.size()) split(*node, common);
    tokens = tokens.subspan(common);
  }
  return std::exchange(node->id, id);
}

bool PrefixTree::erase_below(Node& node, std::span<const Token> tokens) {
  if (tokens.empty()) {
    GH_ASSERT(node.id.has_value());
    node.id.reset();
  } else {
    const auto found = node.next.find(tokens.front());
    GH_ASSERT(found != node.next.end());
    Node& child = *found->second;
    GH_ASSERT(common_tokens(child.edge, tokens) == child.edge.size());
    if (!erase_below(child, tokens.subspan(child.edge.size()))) node.next.erase(found);
  }
  if (node.id) return true;
  if (node.edge.empty() || node.next.size() != 1) return !node.next.empty();
  // One way on: its edge is the node's own.
  const std::unique_ptr<Node> only = std::move(node.next.begin()->second);
  node.edge.insert(node.edge.end(), only->edge.begin(), only->edge.end());
  node.id = only->id;
  node.next = std::exchange(only->next, {});
  return true;
}

void PrefixTree::erase(std::uint64_t salt, std::span<const Token> tokens) {
  const auto root = roots_.find(salt);
  GH_ASSERT(root != roots_.end());
  if (!erase_below(root->second, tokens)) roots_.erase(root);
}

std::optional<PrefixTree::Match> PrefixTree::longest(std::uint64_t salt, std::span<const Token> tokens) const {
  const auto root = roots_.find(salt);
  if (root == roots_.end()) return std::nullopt;
  const Node* node = &root->second;
  std::uint32_t found = 0;
  while (found < tokens.size()) {
    const auto next = node->next.find(tokens[found]);
    if (next == node->next.end()) break;
    node = next->second.get();
    const std::uint32_t common = common_tokens(node->edge, tokens.subspan(found));
    found += common;
    if (common < node->edge.size()) break;
  }
  if (found == 0) return std::nullopt;
  // Whatever is kept below begins with them.
  while (!node->id) node = node->next.begin()->second.get();
  return Match{*node->id, found};
}

std::uint32_t PrefixTree::alone(std::uint64_t salt, std::span<const Token> tokens) const {
  const Node* node = &roots_.at(salt);
  std::uint32_t at = 0, shared = 0;
  while (at < tokens.size()) {
    if (node->id || node->next.size() > 1) shared = at;
    node = node->next.at(tokens[at]).get();
    at += static_cast<std::uint32_t>(node->edge.size());
  }
  return node->next.empty() ? at - shared : 0;
}

}  // namespace gatehouse::engine
