#include "gatehouse/wire/json/fields.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/json/document.h"
#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

enum class Colour { red, green };
struct Leaf {
  std::int64_t size = 0;
  Colour colour = Colour::red;
};
struct Tree {
  std::string name;
  std::optional<double> height;
  std::vector<Leaf> leaves;
  std::uint8_t rings = 7;
  bool tall = false;
};

}  // namespace

template <>
struct EnumNames<Colour> {
  static constexpr std::array<std::string_view, 2> names{"red", "green"};
};
template <>
struct Description<Leaf> {
  static constexpr auto fields() {
    return std::array{field<&Leaf::size>("size", "how large").range(1, 9).required(), field<&Leaf::colour>("colour", "")};
  }
};
template <>
struct Description<Tree> {
  static constexpr auto fields() {
    return std::array{
        field<&Tree::name>("name", "its name").length(2, 4).required(),
        field<&Tree::height>("height", "in metres").range(0, 100).nullable(),
        field<&Tree::leaves>("leaves", "").items(1, 3),
        field<&Tree::rings>("rings", "").by_default("7"),
        field<&Tree::tall>("tall", ""),
    };
  }
  static void check(const Tree& tree, Reading& reading) {
    if (tree.tall && tree.height && *tree.height < 2) reading.fault_at("tall", "contradicts height", "false");
  }
};

namespace {

Result<Tree> read_tree(std::string_view json) {
  JsonParser parser;
  return read_described<Tree>(parser.parse(json).value());
}

std::vector<std::string> fault_paths(std::string_view json) {
  const auto tree = read_tree(json);
  std::vector<std::string> paths;
  if (tree.ok()) return paths;
  for (const FieldFault& fault : tree.error().faults()) paths.push_back(fault.path);
  return paths;
}

TEST(Fields, FillTheStruct) {
  const auto tree = read_tree(R"({"name":"yew","height":2,"leaves":[{"size":1.0},{"size":9,"colour":"green"}],"tall":true})");
  ASSERT_TRUE(tree.ok()) << tree.error().describe();
  EXPECT_EQ(tree->name, "yew");
  EXPECT_EQ(tree->height, 2.0);
  ASSERT_EQ(tree->leaves.size(), 2U);
  EXPECT_EQ(tree->leaves[0].size, 1);
  EXPECT_EQ(tree->leaves[1].colour, Colour::green);
  EXPECT_EQ(tree->rings, 7);
}

TEST(Fields, NullIsAbsenceWhereItIsAllowedAndOnlyThere) {
  EXPECT_FALSE(read_tree(R"({"name":"yew","height":null})")->height.has_value());
  EXPECT_EQ(fault_paths(R"({"name":"yew","tall":null})"), std::vector<std::string>{"/tall"});
}

TEST(Fields, EveryFaultIsReportedAtOnceWithItsPath) {
  const std::string json =
      R"({"name":"y","height":"2","leaves":[{"size":0},{"colour":"blue","size":0.5},{"siz":3}],"rings":300,"tall":1,"nam~e/":1})";
  EXPECT_EQ(fault_paths(json), (std::vector<std::string>{"/name", "/height", "/leaves/0/size", "/leaves/1/colour", "/leaves/1/size",
                                                         "/leaves/2/siz", "/leaves/2/size", "/rings", "/tall", "/nam~0e~1"}));
  const auto tree = read_tree(json);
  EXPECT_EQ(tree.error().reason(), "invalid_value");
  EXPECT_EQ(tree.error().param(), "name");
  EXPECT_NE(tree.error().public_text().find("leaves[1].size is not an integer (expected an integer from 1 to 9)"), std::string::npos)
      << tree.error().public_text();
}

TEST(Fields, NameTheChoicesThatThereAre) {
  const auto tree = read_tree(R"({"name":"yew","leaves":[{"size":3,"colour":"blue"}]})");
  ASSERT_FALSE(tree.ok());
  EXPECT_NE(tree.error().public_text().find(R"((expected one of "red", "green"))"), std::string::npos) << tree.error().public_text();
}

TEST(Fields, UnknownMembersComeWithTheNearestName) {
  const auto tree = read_tree(R"({"name":"yew","heigth":3})");
  ASSERT_FALSE(tree.ok());
  EXPECT_EQ(tree.error().reason(), "unsupported_parameter");
  EXPECT_EQ(tree.error().param(), "heigth");
  EXPECT_EQ(tree.error().public_text(), "heigth is not a known field (the nearest known field is 'height')");
  EXPECT_EQ(read_tree(R"({"name":1,"heigth":3})").error().reason(), "invalid_value");
}

TEST(Fields, LengthsAreCodePoints) {
  EXPECT_TRUE(read_tree(R"({"name":"木木木木"})").ok());
  EXPECT_EQ(fault_paths(R"({"name":"木木木木木"})"), std::vector<std::string>{"/name"});
  EXPECT_EQ(fault_paths(R"({"name":"木"})"), std::vector<std::string>{"/name"});
}

TEST(Fields, RulesAcrossFieldsAreCheckedOnceEachIsRight) {
  EXPECT_EQ(fault_paths(R"({"name":"yew","height":1,"tall":true})"), std::vector<std::string>{"/tall"});
  EXPECT_EQ(fault_paths(R"({"name":"y","height":1,"tall":true})"), std::vector<std::string>{"/name"});
}

TEST(Fields, TheRootMustBeAnObject) {
  for (const std::string_view json : {"[]", "1", "null", "\"a\"", "true"}) {
    EXPECT_EQ(fault_paths(json), std::vector<std::string>{""}) << json;
    EXPECT_TRUE(read_tree(json).error().public_text().starts_with("the body is ")) << json;
  }
}

TEST(Fields, StopCollectingWhereMoreWouldHelpNobody) {
  std::string json = R"({"name":"yew")";
  for (int i = 0; i < 1000; ++i) json += ",\"x" + std::to_string(i) + "\":0";
  EXPECT_EQ(fault_paths(json + "}").size(), 64U);
}

TEST(Fields, LongMadeUpNamesAreCutShort) {
  const auto tree = read_tree(R"({"name":"yew",")" + std::string(100'000, 'q') + R"(":1})");
  ASSERT_FALSE(tree.ok());
  EXPECT_LT(tree.error().public_text().size(), 300U);
}

TEST(Fields, PathsReadAsPeopleWriteThem) {
  EXPECT_EQ(dotted_path("/messages/0/role"), "messages[0].role");
  EXPECT_EQ(dotted_path(""), "");
  EXPECT_EQ(dotted_path("/0/a~1b~0"), "0.a/b~");
}

TEST(Fields, SchemaSaysWhatTheReaderHolds) {
  PublishedSchema schema(&write_schema_of<Tree>);
  const std::vector<std::string> documents{
      R"({"name":"yew"})",
      R"({"name":"y"})",
      R"({})",
      R"({"name":"yew","height":null})",
      R"({"name":"yew","height":101})",
      R"({"name":"yew","tall":null})",
      R"({"name":"yew","leaves":[]})",
      R"({"name":"yew","leaves":[{"size":1},{"size":1},{"size":1},{"size":1}]})",
      R"({"name":"yew","leaves":[{"size":10}]})",
      R"({"name":"yew","leaves":[{"size":3,"colour":"green"}]})",
      R"({"name":"yew","leaves":[{"size":3,"colour":"blue"}]})",
      R"({"name":"yew","rings":255})",
      R"({"name":"yew","rings":256})",
      R"({"name":"yew","rings":-1})",
      R"({"name":"yew","other":1})",
  };
  for (const std::string& json : documents) EXPECT_EQ(read_tree(json).ok(), schema.admits_text(json)) << json;
}

}  // namespace
}  // namespace gatehouse::wire
