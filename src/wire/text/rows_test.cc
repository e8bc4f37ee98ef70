#include "gatehouse/wire/text/rows.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

namespace gatehouse::wire {
namespace {

std::vector<TokenRow> some_rows() { return {{{101, 7, 102}, 3}, {{101, 7, 102, 9, 102}, 3}, {{5}, 1}}; }

TEST(TokenRows, CrossAsTheyAre) {
  const engine::Infer call = call_of(some_rows());
  EXPECT_EQ(fault_in(call.inputs.front()), nullptr);
  EXPECT_EQ(call.inputs.front().shape, Shape{3});
  EXPECT_EQ(token_rows_of(call).value(), some_rows());
  EXPECT_TRUE(check_fit(call.inputs.front(), token_rows_signature(4).inputs.front()).ok());
}

TEST(TokenRows, AreRefusedWhereSomethingIsWrongWithThem) {
  const auto refused = [](auto change) {
    engine::Infer call = call_of(some_rows());
    change(call);
    const auto rows = token_rows_of(call);
    return !rows && rows.error().reason() == "invalid_tensor";
  };
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.clear(); }));
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.front().name = "ids"; }));
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.front().datatype = Datatype::uint8; }));
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.front().shape = {3, 1}; }));
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.front().bytes.pop_back(); }));
  const auto only = [](const std::string& element) {
    return [element](engine::Infer& call) {
      call.inputs.front().shape = {1};
      call.inputs.front().bytes.clear();
      append_bytes_element(call.inputs.front().bytes, element);
    };
  };
  EXPECT_TRUE(refused(only("")));
  EXPECT_TRUE(refused(only(std::string(4, '\0')))) << "no ids";
  EXPECT_TRUE(refused(only(std::string(9, '\0')))) << "half an id";
  EXPECT_TRUE(refused(only(std::string("\2\0\0\0\0\0\0\0", 8)))) << "the second text begins behind the end";
  EXPECT_FALSE(refused(only(std::string("\1\0\0\0\0\0\0\0", 8))));
  EXPECT_TRUE(refused([](engine::Infer& call) { call.inputs.front().shape = {0}, call.inputs.front().bytes.clear(); })) << "none";
}

TEST(RowValues, ComeBackAsManyForEachRow) {
  RowValues made;
  made.width = 2;
  made.values = {1, 2, 3, 4, 5, 6};
  const engine::Inferred answer = answer_of(made);
  const auto values = row_values_of(answer, 3);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->rows(), 3U);
  EXPECT_THAT(values->row(1), testing::ElementsAre(3, 4));
  EXPECT_FALSE(row_values_of(answer, 2));
  EXPECT_FALSE(row_values_of(engine::Inferred{}, 3));
}

TEST(RowValues, AreNumbers) {
  RowValues made;
  made.width = 1;
  made.values = {1, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(row_values_of(answer_of(made), 2).error().reason(), "output_unexpected");
}

}  // namespace
}  // namespace gatehouse::wire
