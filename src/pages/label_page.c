/* SPDX-License-Identifier: Apache-2.0
 * A sheet of labels to print and cut: what a pack says beside its code. Sizes are in millimetres. */
#include "html_priv.h"

#include "ft/pages/pages.h"

static const char style[] =
	"*{box-sizing:border-box}@page{size:A4;margin:8mm}body{margin:0;color:#000;background:#fff;"
	"font:8pt/1.3 system-ui,\"Noto Sans CJK SC\",\"Noto Sans SC\",\"Microsoft YaHei\",\"WenQuanYi Micro "
	"Hei\",sans-serif}h1{font-size:10pt;margin:0 0 3mm}ul{display:flex;flex-wrap:wrap;gap:2mm;margin:0;"
	"padding:0;list-style:none}li{display:flex;gap:1mm;align-items:center;overflow:hidden;padding:1mm;"
	"border:.1mm dashed #777;break-inside:avoid}li svg{flex:none;display:block}li "
	"div{min-width:0;overflow-wrap:anywhere}h2,p{margin:0;font-size:inherit}h2{font-size:1.15em}"
	".c{font:600 7pt/1.3 ui-monospace,Menlo,Consolas,monospace}.t{font-weight:700}"
	"@media print{h1{display:none}}";

static struct html_value in_language(enum language language, struct str zh, struct str en)
{
	const struct html_value zh_name = NAME(zh), en_name = NAME(en);
	return language == LANGUAGE_EN && en.len ? en_name : zh_name;
}

static void put_label(struct html *html, const struct page_label *label)
{
	const struct html_fragment drawing = {label->svg};
	const struct html_value product = in_language(html->language, label->product_zh, label->product_en);
	const struct html_value issuer = in_language(html->language, label->issuer_zh, label->issuer_en);
	const struct html_value region = in_language(html->language, label->region_zh, label->region_en);

	HTML(html, "<li>{}<div><h2>{}</h2><p>{} {}</p>", FRAGMENT(drawing), product, SAY(MESSAGE_LOT_NUMBER),
	     NAME(label->number));
	if (label->produced.len)
		HTML(html, "<p>{} {}</p>", SAY(MESSAGE_PRODUCED), TEXT(label->produced));
	if (label->issuer_zh.len)
		HTML(html, "<p>{}</p>", issuer);
	if (label->region_zh.len)
		HTML(html, "<p>{}</p>", region);
	HTML(html, "<p class=c>{}</p>", TEXT(label->code));
	if (label->test)
		html_raw(html, "<p class=t>TEST</p>");
	html_raw(html, "</div></li>");
}

struct str page_labels(struct arena *arena, enum language language, const struct page_label_size *size,
		       const struct page_label *labels, size_t count)
{
	static const char *const tags[2] = {"zh-Hans", "en"};
	struct html html = html_create(arena, language, 4096 + count * 8192);

	HTML(&html,
	     "<!doctype html>\n<html lang={}><head><meta charset=utf-8><meta name=viewport "
	     "content=\"width=device-width,initial-scale=1\"><title>{} · Farmtrail</title><style>",
	     TEXT(str_of(tags[language])), SAY(MESSAGE_LABELS));
	buf_put(&html.out, str_of(style));
	HTML(&html, "li{width:{0}mm;height:{1}mm}</style></head><body><main><h1>{2}</h1><ul role=list>",
	     NUMBER(size->width_mm), NUMBER(size->height_mm), SAY(MESSAGE_LABELS));
	for (size_t i = 0; i < count; i++)
		put_label(&html, &labels[i]);
	html_raw(&html, "</ul></main></body></html>\n");
	return html_done(&html).markup;
}
