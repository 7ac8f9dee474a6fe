/* SPDX-License-Identifier: Apache-2.0
 * Server-rendered pages: values in, one complete HTML document out (text/html; charset=utf-8). Pure: decides nothing,
 * fetches nothing. No script, nothing from elsewhere: the Content-Security-Policy that http sends holds for all. */
#ifndef FT_PAGES_PAGES_H
#define FT_PAGES_PAGES_H

#include "ft/core/trail.h"

/* Where pages link to; the routes stand at these paths. */
#define PAGE_HOME_PATH "/"
#define PAGE_SEARCH_PATH "/q"
#define PAGE_VERIFY_PATH "/verify"
#define PAGE_PROBLEMS_PATH "/problems"

/* What every page is told. All of it is plain text: it is escaped here. */
struct page {
	enum language language;
	struct str
		path; /* of this page, raw, without the query: "/t/7K2M9P4Q"; language switch, tier links */
	struct str
		raw_query; /* as it came, without "?"; absent: none. The language switch keeps all but lang */
	struct str public_url; /* "https://id.example.cn"; absent or empty: the share card names no address */
	bool demonstration;    /* banner on every page */
	struct str mirrors;    /* "NAME URL; NAME URL", as page_mirror_next reads it; absent or empty: none */
	bool unwitnessed;      /* of a trail: the log's witnesses have not cosigned its newest records yet */
	struct str
		other_file; /* of a page that is a file without a server behind it: the one in the other language beside it;
				* absent: the server's own pages stand around it */
};

/* The next of "NAME URL; NAME URL"; false: there is none, and *ret_good tells whether all was well formed. */
struct page_mirror {
	struct str name, url; /* http or https */
};
bool page_mirror_next(struct str *list, struct page_mirror *ret, bool *ret_good);

/* /t/{code}, /01/…, /o/…: the trail at the tier that it was aggregated to. Send with max-age short and an ETag. */
struct str page_trail(struct arena *arena, const struct page *page, const struct trail *trail);

/* The page of one pack: that of its lot, the same for all packs in this state, and what is its own in a gap of it.
 * `page->path` is empty: links lead to the page they stand on. */
enum page_item_state { PAGE_ITEM_INACTIVE, PAGE_ITEM_ACTIVE, PAGE_ITEM_VOIDED };
struct page_gap {
	struct str head, tail;
};
struct page_gap page_item_frame(struct arena *arena, const struct page *page, const struct trail *trail,
				enum page_item_state state);
struct page_item {
	struct str code;           /* in groups */
	struct instant voided_at;  /* at_us 0: not */
	struct instant sold_at;    /* at_us 0: not */
	struct str seller;         /* who sold it; empty: not to be named */
	struct instant first_scan; /* at_us 0: never before */
	int64_t scans;             /* before this one, the first included */
};
/* What goes into the gap. */
struct str page_item_words(struct arena *arena, enum language language, const struct page_item *item);

/* The page of a crate, pallet or other unit with what is in it now, and of a place with its certificates and newest lots. */
struct page_thing_lot {
	struct str id, number, code; /* code absent: it has no page */
	struct trail_name *product;
};
struct page_thing {
	bool is_place, test;
	struct str code, code_grouped; /* absent: it has none */
	struct trail_name *name;       /* of a unit its number, as zh; empty where it is withheld or erased */
	struct str place_kind;         /* as in table site; absent of a unit */
	struct str withheld;           /* "personal": somebody's home; absent: it is not */
	struct str erased_at;          /* absent: it was not */
	struct trail_region *district, *region; /* of a place; NULL: none */
	struct trail_name *party;               /* whose place it is; NULL: not to be named */
	struct list lots;                       /* struct page_thing_lot */
	struct str_list units;                  /* numbers of those in it */
	struct list certificates;               /* struct trail_certificate */
	bool more;                              /* not all are listed */
	struct str
		unregistered; /* the part of the place that was asked for and that nobody registered; absent: none */
};
struct str page_thing(struct arena *arena, const struct page *page, const struct page_thing *thing);

/* A code of the right form that is not registered, and text that cannot be a code. Both are sent with 404. */
struct str page_unknown_code(struct arena *arena, const struct page *page, struct str typed);
struct str page_malformed_code(struct arena *arena, const struct page *page, struct str typed);

/* A sheet of labels for A4 paper. */
struct page_label_size {
	int width_mm, height_mm;
};
struct page_label {
	struct str svg;  /* markup, as qr_svg made it: inserted as it is */
	struct str code; /* in groups */
	struct str number, produced;
	struct str product_zh, product_en;
	struct str issuer_zh, issuer_en; /* absent of a natural person */
	struct str region_zh, region_en;
	bool test;
};
struct str page_labels(struct arena *arena, enum language language, const struct page_label_size *size,
		       const struct page_label *labels, size_t count);

/* / and /q?q= */
struct page_hit {
	struct str kind; /* lot, code, party, site, product, certificate; another word is shown as it is */
	struct str title;
	struct str detail; /* one line below the title; absent: none */
	struct str href;   /* a path of this server; anything else is not linked */
};
struct str page_home(struct arena *arena, const struct page *page);
struct str page_results(struct arena *arena, const struct page *page, struct str query,
			const struct page_hit *hits, size_t count, bool more);

/* /problems, /problems/{slug}, and the page a browser gets in place of problem+json. */
struct str page_problem_index(struct arena *arena, const struct page *page);
struct str page_problem_type(struct arena *arena, const struct page *page, enum problem p);
/* fault may be NULL; request_id absent: not shown. */
struct str page_problem(struct arena *arena, const struct page *page, enum problem p,
			const struct fault *fault, struct str request_id);

/* What somebody finds who opens the root of a copy of the log: files, in a directory, for any web server. */
struct page_mirror_copy {
	struct str log;  /* its name */
	int64_t size;    /* of the head */
	struct str root; /* in base64 */
	struct str vkey; /* by which the head was accepted */
	struct str at;   /* when the copy was compared with the log; RFC 3339 */
};
struct str page_mirror_root(struct arena *arena, const struct page *page,
			    const struct page_mirror_copy *copy);

/* PAGE_VERIFY_PATH: how to check signatures without trusting this server. */
struct str page_verify_help(struct arena *arena, const struct page *page);

#endif
