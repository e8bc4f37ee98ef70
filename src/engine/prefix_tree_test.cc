#include "prefix_tree.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "gatehouse/base/random.h"

namespace gatehouse::engine {
namespace {

std::vector<Token> tokens(std::string_view text) { return {text.begin(), text.end()}; }
using Match = PrefixTree::Match;

TEST(PrefixTree, FindsWhatHasMostOfTheBeginning) {
  PrefixTree tree;
  tree.insert(1, tokens("abcdef"), 10);
  tree.insert(1, tokens("abxyz"), 11);
  EXPECT_EQ(tree.longest(1, tokens("abcdxx")), (Match{10, 4}));
  EXPECT_EQ(tree.longest(1, tokens("abxyzz")), (Match{11, 5}));
  EXPECT_EQ(tree.longest(1, tokens("abq"))->tokens, 2U);
  EXPECT_EQ(tree.longest(1, tokens("ab"))->tokens, 2U);
  EXPECT_EQ(tree.longest(1, tokens("q")), std::nullopt);
  EXPECT_EQ(tree.longest(1, {}), std::nullopt);
}

TEST(PrefixTree, NothingIsFoundUnderAnotherSalt) {
  PrefixTree tree;
  tree.insert(1, tokens("abc"), 10);
  EXPECT_EQ(tree.longest(2, tokens("abc")), std::nullopt);
}

TEST(PrefixTree, TheSameTokensAreKeptOnce) {
  PrefixTree tree;
  EXPECT_EQ(tree.insert(1, tokens("abc"), 10), std::nullopt);
  EXPECT_EQ(tree.insert(1, tokens("abc"), 11), 10U);
  EXPECT_EQ(tree.longest(1, tokens("abcd")), (Match{11, 3}));
}

TEST(PrefixTree, KnowsWhatNoOtherHas) {
  PrefixTree tree;
  tree.insert(1, tokens("abcdef"), 10);
  EXPECT_EQ(tree.alone(1, tokens("abcdef")), 6U);
  tree.insert(1, tokens("abxy"), 11);
  EXPECT_EQ(tree.alone(1, tokens("abcdef")), 4U);
  EXPECT_EQ(tree.alone(1, tokens("abxy")), 2U);
  tree.insert(1, tokens("abxyzzz"), 12);
  EXPECT_EQ(tree.alone(1, tokens("abxy")), 0U) << "a longer one has it all";
  EXPECT_EQ(tree.alone(1, tokens("abxyzzz")), 3U);
}

// Beside a list that is searched from end to end.
TEST(PrefixTree, SaysWhatALinearSearchSays) {
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom dice(seed);
    const auto below = [&](std::uint64_t n) { return dice.next_u64() % n; };
    const auto some = [&] {
      std::vector<Token> out(1 + below(12));
      for (Token& t : out) t = static_cast<Token>(below(3));
      return out;
    };
    PrefixTree tree;
    std::map<std::pair<std::uint64_t, std::vector<Token>>, PrefixTree::Id> kept;
    for (PrefixTree::Id id = 0; id < 80; ++id) {
      const std::uint64_t salt = below(2);
      if (below(3) == 0 && !kept.empty()) {
        const auto gone = std::next(kept.begin(), static_cast<std::ptrdiff_t>(below(kept.size())));
        tree.erase(gone->first.first, gone->first.second);
        kept.erase(gone);
      } else {
        const std::vector<Token> added = some();
        tree.insert(salt, added, id);
        kept[{salt, added}] = id;
      }
      const std::vector<Token> asked = some();
      std::uint32_t best = 0;
      for (const auto& [key, value] : kept) {
        if (key.first == salt) best = std::max(best, common_tokens(key.second, asked));
      }
      const auto found = tree.longest(salt, asked);
      ASSERT_EQ(found ? found->tokens : 0U, best);
      for (const auto& [key, value] : kept) {
        if (found && value == found->id) {
          ASSERT_EQ(common_tokens(key.second, asked), best);
        }
        std::uint32_t shared = 0;
        for (const auto& [other, id_of_other] : kept) {
          if (id_of_other != value && other.first == key.first) shared = std::max(shared, common_tokens(other.second, key.second));
        }
        ASSERT_EQ(tree.alone(key.first, key.second), key.second.size() - shared);
      }
    }
    for (const auto& [key, value] : kept) tree.erase(key.first, key.second);
    EXPECT_TRUE(tree.empty());
  }
}

}  // namespace
}  // namespace gatehouse::engine
