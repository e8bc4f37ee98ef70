// Calls of tensor models: whoever leaves while their model is woken, what is paid for where time runs out, and what counts as a body.
#include "gatehouse/nlu/recipe.h"
#include "gatehouse/nlu/token_rows.h"
#include "gatehouse/wire/nlu/work.h"
#include "once.h"
#include "scripted_tensors.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::HasSubstr;
namespace w = wire::engine;

constexpr std::size_t width = 4;

nlu::Tokenizer tokenizer() {
  return {nlu::Vocabulary::read("[PAD]\n[UNK]\n[CLS]\n[SEP]\nword\n", "vocab.txt").value(), nlu::Tokenizer::Letters::lower};
}

wire::TensorSpec spec(const std::string& name, std::int64_t last) {
  wire::TensorSpec spec;
  spec.name = name;
  spec.datatype = wire::Datatype::fp32;
  spec.shape = {-1, last};
  return spec;
}

w::Signature table_signature() {
  w::Signature signature;
  signature.inputs = {spec("x", 2)};
  signature.outputs = {spec("y", 1)};
  return signature;
}

// A zero a row.
w::Body table_answer(const w::Infer& call) {
  w::Inferred inferred;
  wire::Tensor& output = inferred.outputs.emplace_back();
  output.name = "y";
  output.datatype = wire::Datatype::fp32;
  output.shape = {call.inputs.front().shape.front(), 1};
  output.bytes.assign(static_cast<std::size_t>(output.shape.front()) * sizeof(float), '\0');
  return inferred;
}

w::Body vectors_answer(const w::Infer& call) {
  wire::RowValues values;
  values.width = width;
  values.values.assign(wire::token_rows_of(call).value().size() * width, 0.5F);
  return wire::answer_of(values);
}

// Nothing is found.
w::Body schema_answer(const w::Infer& call) {
  std::vector<wire::NluLogits> logits;
  const wire::NluWork work = wire::work_of(call).value();
  for (const wire::NluPair& pair : work.pairs) {
    const std::vector<float> none(work.rows[pair.text].ids.size(), -5);
    logits.push_back({none, none});
  }
  return wire::answer_of(logits);
}

std::string words(std::size_t many) {
  std::string text;
  for (std::size_t i = 0; i < many; ++i) text += "word ";
  return text;
}

class TensorCalls : public Once {
 protected:
  TensorCalls() {
    gateway::ServedModel table = named("table", model::Kind::trees, table_);
    model::Manifest manifest = *table.manifest;
    manifest.inputs = {{"x", "FP32", {-1, 2}}};
    table.manifest = std::make_shared<const model::Manifest>(std::move(manifest));
    gateway::ServedModel vectors = named("vectors", model::Kind::embeddings, vectors_);
    vectors.texts = std::make_shared<const nlu::TextReader>(nlu::TextReader{tokenizer(), 512});
    gateway::ServedModel schemas = named("schemas", model::Kind::nlu, schemas_);
    schemas.nlu = std::make_shared<const nlu::Model>(nlu::Model{tokenizer(), nlu::Recipe()});
    std::vector<const gateway::ServedModel*> shown;
    for (gateway::ServedModel* one : {&schemas, &table, &vectors}) shown.push_back(&house().models().keep(std::move(*one)));
    house().models().show(shown, shown);
  }

  FakeExchange& embed(const std::string& input, const std::string& more = "") {
    return send("", R"({"model":"vectors","input":")" + input + "\"" + more + "}", "/v1/embeddings");
  }
  // So many keys of one text: each is a pair of rows for the engine.
  FakeExchange& extract(std::size_t keys) {
    std::string schema;
    for (std::size_t i = 0; i < keys; ++i) schema += (i == 0 ? "\"" : ",\"") + words(i + 1) + "\":null";
    return send("", R"({"model":"schemas","text":")" + words(400) + R"(","schema":{)" + schema + "}}", "/v1/nlu/extract");
  }
  // What was charged since the last time.
  gateway::LedgerBook::Taken bill() { return house().gateway().ledger(house().reactor).take(); }
  void pass_the_deadline() { house().pass(601s); }

  ScriptedTensors table_{house().reactor, table_signature(), table_answer};
  ScriptedTensors vectors_{house().reactor, wire::token_rows_signature(width), vectors_answer};
  ScriptedTensors schemas_{house().reactor, wire::nlu_signature(), schema_answer};
  const std::string row_ = R"({"model":"table","data":[1,2]})";

 private:
  static gateway::ServedModel named(const std::string& name, model::Kind kind, engine::TensorEngine& engine) {
    gateway::ServedModel model;
    model.name = name;
    model.version = "1";
    model.tensors = &engine;
    model::Manifest manifest;
    manifest.kind = kind;
    model.manifest = std::make_shared<const model::Manifest>(std::move(manifest));
    return model;
  }
};

TEST_F(TensorCalls, AreMadeOnceThoughTheirClientLeavesWhileTheModelIsWoken) {
  table_.put_away();
  FakeExchange& leaves = send("k", row_, "/predict");
  let_the_store_answer();
  house().settle();
  ASSERT_FALSE(leaves.handled);
  leaves.leave();
  house().pass(3s);
  EXPECT_FALSE(leaves.handled) << "it waits on for whoever asks again";
  table_.wake_up();
  over(leaves);
  const FakeExchange& again = ask("k", row_, "/predict");
  EXPECT_EQ(again.status(), 200) << again.sent();
  EXPECT_TRUE(replayed(again));
  EXPECT_EQ(charged(), 1U);
  EXPECT_EQ(table_.calls(), 1U);
}

TEST_F(TensorCalls, OfAModelThatIsNeverWokenCostNothingAndLeaveTheKey) {
  table_.put_away();
  FakeExchange& first = send("k", row_, "/predict");
  let_the_store_answer();
  house().settle();
  pass_the_deadline();
  EXPECT_EQ(over(first).status(), 504);
  EXPECT_EQ(charged(), 0U);
  table_.wake_up();
  const FakeExchange& retry = ask("k", row_, "/predict");
  EXPECT_EQ(retry.status(), 200) << retry.sent();
  EXPECT_FALSE(replayed(retry));
}

TEST_F(TensorCalls, EndWithTheirClientWhereNobodyAsksAgain) {
  table_.put_away();
  FakeExchange& leaves = send("", row_, "/predict");
  leaves.leave();
  house().pass(3s);
  EXPECT_TRUE(leaves.handled);
  EXPECT_EQ(table_.calls(), 0U);
}

TEST_F(TensorCalls, AboutASchemaArePaidForWhereTimeRanOutOverThem) {
  const FakeExchange& whole = extract(50);
  ASSERT_EQ(whole.status(), 200) << whole.sent();
  const std::size_t calls = schemas_.calls();
  ASSERT_GT(calls, 1U);
  const gateway::LedgerBook::Taken all = bill();
  ASSERT_EQ(all.usage.size(), 1U);

  schemas_.answer_only(1);
  FakeExchange& late = extract(50);
  pass_the_deadline();
  EXPECT_EQ(late.status(), 504) << late.sent();
  const gateway::LedgerBook::Taken some = bill();
  ASSERT_EQ(some.usage.size(), 1U) << "else the dearest requests were free";
  EXPECT_GT(some.usage.front().prompt_tokens, 0);
  EXPECT_LT(some.usage.front().prompt_tokens, all.usage.front().prompt_tokens);

  FakeExchange& waits = extract(50);
  pass_the_deadline();
  EXPECT_EQ(waits.status(), 504);
  EXPECT_EQ(charged(), 0U) << "nothing was computed";
}

TEST_F(TensorCalls, OfMoreDimensionsThanThereAreAreRefusedBeforeAnythingIsComputed) {
  for (const bool sleeps : {false, true}) {
    if (sleeps) vectors_.put_away();
    FakeExchange& asked = embed("word", R"(,"dimensions":5)");
    EXPECT_EQ(asked.handled, !sleeps);
    vectors_.wake_up();
    house().settle();
    EXPECT_EQ(asked.status(), 400) << asked.sent();
    EXPECT_THAT(asked.sent(), HasSubstr(R"("param":"dimensions")"));
    EXPECT_EQ(vectors_.calls(), 0U);
    EXPECT_EQ(charged(), 0U);
  }
  vectors_.put_away();
  FakeExchange& fits = embed("word", R"(,"dimensions":4)");
  vectors_.wake_up();
  house().settle();
  EXPECT_EQ(fits.status(), 200) << fits.sent();
}

TEST_F(TensorCalls, CountAsBodiesUntilTheyAreComputed) {
  vectors_.answer_only(0);
  schemas_.answer_only(0);
  table_.answer_only(0);
  const std::string tensors = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]})";
  for (FakeExchange* one : {&embed("word"), &extract(1), &send("", row_, "/predict"), &send("", tensors, "/v2/models/table/infer")}) {
    EXPECT_FALSE(one->handled);
    EXPECT_TRUE(one->counts_body()) << one->head().path;
  }
  vectors_.answer_only(1);
  const FakeExchange& computed = embed("word");
  EXPECT_EQ(computed.status(), 200) << computed.sent();
  EXPECT_FALSE(computed.counts_body());
  pass_the_deadline();
}

}  // namespace
}  // namespace gatehouse::testing
