#include "gatehouse/model/state.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace gatehouse::model {
namespace {

// Rows: from; columns: to, in the order of the states. 1: may move.
constexpr std::array<std::string_view, 6> table{
    // declared loading ready draining gone failed
    "010011",  // declared
    "001101",  // loading
    "000101",  // ready
    "000010",  // draining
    "000000",  // gone
    "000000",  // failed
};

TEST(ModelState, MovesAsTheTableSays) {
  const auto states = all_model_states();
  ASSERT_EQ(states.size(), table.size());
  for (std::size_t from = 0; from < states.size(); ++from) {
    for (std::size_t to = 0; to < states.size(); ++to) {
      EXPECT_EQ(may_move(states[from], states[to]), table[from][to] == '1') << to_string(states[from]) << " to " << to_string(states[to]);
    }
  }
}

TEST(ModelState, NeverComesBack) {
  for (const ModelState from : all_model_states()) {
    for (const ModelState to : all_model_states()) {
      if (may_move(from, to)) {
        EXPECT_FALSE(may_move(to, from)) << to_string(from) << " and " << to_string(to);
      }
      if (is_final(from)) {
        EXPECT_FALSE(may_move(from, to));
      }
    }
  }
}

TEST(ModelState, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const ModelState state : all_model_states()) names.insert(to_string(state));
  EXPECT_EQ(names.size(), 6U);
  EXPECT_TRUE(names.contains("draining"));
}

}  // namespace
}  // namespace gatehouse::model
