#include "gatehouse/nlu/foreign_labels.h"

#include <gmock/gmock.h>

#include <initializer_list>

namespace gatehouse::nlu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Request asked(std::string text, std::initializer_list<const char*> keys) {
  Request request{.text = std::move(text), .schema = {}};
  for (const char* const key : keys) request.schema.keys.emplace_back().name = key;
  return request;
}

TEST(ForeignLabels, OfAKeyWithItsLabels) {
  for (const char* const key : {"情感倾向[正向，负向]", "情感倾向[正向,负向]", "情感倾向[ 正向， 负向 ]"}) {
    Request request = asked("音质很好", {key});
    ASSERT_TRUE(read_foreign_labels(request).ok());
    EXPECT_EQ(request.schema.keys.front().name, "情感倾向");
    EXPECT_THAT(request.labels, ElementsAre("正向", "负向"));
    EXPECT_EQ(request.text, "音质很好");
    EXPECT_EQ(request.decoding, Decoding::native);
  }
}

TEST(ForeignLabels, OfKeysThatAreLabels) {
  Request one = asked("[CLASSIFY]北京国安取胜", {"体育", "财经"});
  ASSERT_TRUE(read_foreign_labels(one).ok());
  EXPECT_THAT(one.labels, ElementsAre("体育", "财经"));
  EXPECT_EQ(one.schema, asked("", {"分类"}).schema);
  EXPECT_EQ(one.text, "北京国安取胜");
  EXPECT_EQ(one.decoding, Decoding::native);

  Request some = asked("[MULTICLASSIFY]北京国安取胜", {"体育", "财经", "娱乐"});
  ASSERT_TRUE(read_foreign_labels(some).ok());
  EXPECT_THAT(some.labels, ElementsAre("体育", "财经", "娱乐"));
  EXPECT_EQ(some.text, "北京国安取胜");
  EXPECT_EQ(some.decoding, Decoding::multi);
}

TEST(ForeignLabels, AreOnlyTheseAndOnlyWithoutOtherLabels) {
  Request plain = asked("谈谈[CLASSIFY]这个词", {"词[1]"});
  Request several = asked("音质很好", {"情感倾向[正向，负向]", "属性词"});
  Request nameless = asked("音质很好", {"[正向，负向]"});
  Request blank = asked("音质很好", {" [正向，负向]"});
  Request open_end = asked("音质很好", {"价格[元，]"});
  Request nested = asked("音质很好", {"情感倾向[正向，负向]"});
  nested.schema.keys.front().below.emplace_back().name = "属性词";
  Request labelled = asked("[CLASSIFY]音质很好", {"情感倾向[正向，负向]"});
  labelled.labels = {"好评", "差评"};
  for (Request* const request : {&plain, &several, &nameless, &blank, &open_end, &nested, &labelled}) {
    const Request before = *request;
    ASSERT_TRUE(read_foreign_labels(*request).ok());
    EXPECT_EQ(request->text, before.text);
    EXPECT_EQ(request->schema, before.schema);
    EXPECT_EQ(request->labels, before.labels);
  }
  EXPECT_THAT(several.labels, IsEmpty());
}

TEST(ForeignLabels, ThatCannotBeReadSaySoAtTheSchema) {
  Request few = asked("[CLASSIFY]音质很好", {"正向"});
  Request nested = asked("[CLASSIFY]音质很好", {"正向", "负向"});
  nested.schema.keys.back().below.emplace_back().name = "愤怒";
  Request bar = asked("音质很好", {"情感倾向[正向，负|向]"});
  for (Request* const request : {&few, &nested, &bar}) {
    const Status said = read_foreign_labels(*request);
    ASSERT_FALSE(said.ok());
    EXPECT_EQ(said.error().reason(), "invalid_value");
    EXPECT_EQ(said.error().param(), "schema");
    ASSERT_FALSE(said.error().faults().empty());
    EXPECT_EQ(said.error().faults().front().path, "/schema");
  }
}

}  // namespace
}  // namespace gatehouse::nlu
