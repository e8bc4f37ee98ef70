// nlu/foreign_labels.h — how users of other pipelines write what a text may be taken for, read as a request's own labels.
// Rules    a schema whose only key is a leaf "情感倾向[正向，负向]": the key 情感倾向, with these labels (or "," between them)
//          a text behind "[CLASSIFY]": its keys are the labels, of which one is chosen, and of which several are behind
//          "[MULTICLASSIFY]"; what is answered is the key 分类
//          Where a request has labels of its own it stays as it is, and so does a name in whose brackets a part is empty
// Threads  pure functions
// Errors   invalid_value with its faults at /schema: labels as in labels.h; keys behind [CLASSIFY] have nothing below them
#pragma once
#include "gatehouse/base/result.h"
#include "gatehouse/nlu/extraction.h"

namespace gatehouse::nlu {

Status read_foreign_labels(Request& request);

}  // namespace gatehouse::nlu
