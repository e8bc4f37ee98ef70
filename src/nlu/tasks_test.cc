#include "gatehouse/nlu/tasks.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::nlu {
namespace {

const std::vector<std::string> event_types = {"胜负", "收购"};

std::string tasks(std::string_view json, Labelled labelled) {
  wire::JsonParser parser;
  const Result<wire::NluSchema> schema = wire::read_nlu_schema(*parser.parse(json));
  if (!schema) return schema.error().describe();
  std::string out;
  for (const Task task : tasks_of(*schema, labelled, event_types)) out.append(out.empty() ? "" : " ").append(to_string(task));
  return out;
}

TEST(Tasks, AreSeenFromTheSchema) {
  struct Row {
    const char* schema;
    Labelled labelled;
    const char* tasks;
  };
  constexpr auto no = Labelled::no, yes = Labelled::yes;
  const Row rows[] = {
      {R"j({"人物":null,"地理位置":null})j", no, "ner"},
      {R"j({"情感分类":null})j", no, "sentiment"},
      {R"j({"情感分类":null})j", yes, "sentiment"},
      {R"j({"分类":null})j", yes, "classification"},
      {R"j({"分类":null})j", no, "ner"},
      {R"j({"文本匹配":null})j", yes, "match"},
      {R"j({"文本匹配":null})j", no, "ner"},
      {R"j({"下面两句话的意思是否相同":null})j", yes, "match"},
      {R"j({"下面两句话的意思是否相同？":null})j", yes, "match"},
      {R"j({"段落2和段落1的关系是：":null})j", yes, "nli"},
      {R"j({"段落1说了什么？":null})j", yes, "qa"},
      {R"j({"B为什么不坐飞机?":null})j", yes, "qa"},
      {R"j({"在下面的描述中，代词“她”指代的是“妹妹”吗？":null})j", yes, "qa"},
      {R"j({"大莱龙铁路位于哪里？":null})j", no, "qa"},
      {R"j({"问题":null})j", no, "qa"},
      {R"j({"顾客的问题":null})j", no, "qa"},
      {R"j({"问题":null})j", yes, "classification"},
      {R"j({"属性词":{"情感词":null}})j", no, "absa"},
      {R"j({"属性词":null})j", no, "ner"},
      {R"j({"胜负(事件触发词)":{"时间":null}})j", no, "event"},
      {R"j({"裁员（事件触发词）":{"时间":null}})j", no, "event"},
      {R"j({"收购":{"收购方":null}})j", no, "event"},
      {R"j({"收购":null})j", no, "ner"},
      {R"j({"人物":{"国籍(国籍)":null}})j", no, "re"},
      {R"j({"人物":{"国籍(国籍)":null}})j", yes, "re"},
      {R"j({"人物":{"他在哪里？":null}})j", no, "re"},
      {R"j({"哪里？":null,"人物":null,"情感分类":null,"公司":{"产品":null},"属性词":["情感词"],"胜负":["时间"]})j", no,
       "ner re event absa sentiment qa"},
  };
  for (const Row& row : rows) EXPECT_EQ(tasks(row.schema, row.labelled), row.tasks) << row.schema;
}

std::string said(Task task, std::string_view json, Labelled labelled) {
  wire::JsonParser parser;
  const Result<Task> answer = task_said(task, *wire::read_nlu_schema(*parser.parse(json)), labelled);
  return std::string(answer ? to_string(*answer) : answer.error().faults().front().expected);
}

TEST(Tasks, MayBeSaidAmongThoseThatTheSchemaCanBe) {
  EXPECT_EQ(said(Task::qa, R"j({"大莱龙铁路的起点":null})j", Labelled::no), "qa");
  EXPECT_EQ(said(Task::re, R"j({"大莱龙铁路的起点":null})j", Labelled::no), "ner, qa");
  EXPECT_EQ(said(Task::event, R"j({"裁员":["时间"]})j", Labelled::no), "event");
  EXPECT_EQ(said(Task::ner, R"j({"裁员":["时间"]})j", Labelled::no), "re, event, absa");
  EXPECT_EQ(said(Task::nli, R"j({"关系":null})j", Labelled::yes), "nli");
  EXPECT_EQ(said(Task::ner, R"j({"关系":null})j", Labelled::yes), "sentiment, classification, match, nli, qa");
  EXPECT_EQ(said(Task::ner, R"j({"情感分类":null})j", Labelled::no), "sentiment, classification, match, nli, qa");
  EXPECT_EQ(said(Task::ner, R"j({"人物":null,"公司":["产品"]})j", Labelled::no), "re, event, absa");
}

TEST(Tasks, AreNamed) {
  for (const char* name : {"ner", "re", "event", "absa", "sentiment", "classification", "match", "nli", "qa"}) {
    const std::optional<Task> task = task_named(name);
    ASSERT_TRUE(task) << name;
    EXPECT_EQ(to_string(*task), name);
  }
  EXPECT_EQ(task_named("NER"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::nlu
